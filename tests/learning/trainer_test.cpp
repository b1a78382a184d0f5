#include <gtest/gtest.h>

#include "algorithms/fedavg.hpp"
#include "algorithms/sgd.hpp"
#include "brume/local_sgd.hpp"
#include "compression/chain.hpp"
#include "learning/backend.hpp"
#include "learning/data/synthetic.hpp"
#include "learning/models/models.hpp"
#include "tests/learning/support.hpp"

namespace brume::learning {
namespace {

struct Fixture {
  explicit Fixture(unsigned workers, std::function<bool()> interrupted = nullptr) {
    setup.model = std::make_shared<Mlp>();
    SyntheticDataset data;
    SetOptions options(std::map<std::string, std::string>{{"most_samples", "60"}});
    data.declare(options);
    setup.data = data.federate({"", 1000, 1, nullptr});
    setup.algorithm = std::make_shared<algorithms::FedAvg>();
    setup.program = std::make_shared<LocalSgd>();
    setup.uplink = std::make_shared<compression::Chain>(std::vector<std::shared_ptr<const Stage>>{});
    setup.plan.batch_size = 10;
    setup.plan.optimizer = std::make_shared<algorithms::Sgd>();
    setup.seed = 3;
    setup.workers = workers;
    setup.interrupted = std::move(interrupted);
    model = std::make_shared<const Parameters>(setup.model->initialise(setup.data->shape(), 3));
    digest = std::make_shared<const Digest>(model->digest());
    started = make_backend()->start(setup);
  }
  TrainingJob job(DeviceIndex device) const {
    return {{0, device, 0}, Time(Duration(static_cast<std::int64_t>(device))), model, digest, nothing, {}, {}};
  }
  std::shared_ptr<const std::vector<NamedVector>> nothing = std::make_shared<const std::vector<NamedVector>>();
  TrainingSetup setup;
  std::shared_ptr<const Parameters> model;
  std::shared_ptr<const Digest> digest;
  LearningBackend::Workers started;
};

std::vector<std::vector<std::byte>> train(Fixture& f, const std::vector<DeviceIndex>& order, DeviceIndex devices) {
  for (const auto device : order) f.started.trainer->submit(f.job(device));
  std::vector<std::vector<std::byte>> frames;
  for (DeviceIndex device = 0; device < devices; ++device) {
    const auto result = f.started.trainer->take({0, device, 0});
    EXPECT_EQ(result.error, "");
    EXPECT_EQ(result.weight, static_cast<double>(f.setup.data->sample_count(device)));
    frames.push_back(*result.vectors.at(0).frame);
  }
  return frames;
}

TEST(PooledTrainer, AResultIsAFunctionOfItsJob) {
  Fixture one(1);
  Fixture four(4);
  std::vector<DeviceIndex> order;
  for (DeviceIndex device = 0; device < 40; ++device) order.push_back(device);
  const auto expected = train(one, order, 40);
  std::reverse(order.begin(), order.end());
  EXPECT_EQ(train(four, order, 40), expected);
}

TEST(PooledTrainer, CancelledWorkIsForgotten) {
  Fixture f(2);
  for (DeviceIndex device = 0; device < 20; ++device) f.started.trainer->submit(f.job(device));
  for (DeviceIndex device = 0; device < 20; device += 2) f.started.trainer->cancel({0, device, 0});
  f.started.trainer->cancel({7, 7, 7});
  for (DeviceIndex device = 1; device < 20; device += 2) EXPECT_EQ(f.started.trainer->take({0, device, 0}).error, "");
}

TEST(PooledTrainer, AnInterruptEndsTrainingAndEvaluation) {
  Fixture f(2, [] { return true; });
  f.started.trainer->submit(f.job(1));
  EXPECT_EQ(f.started.trainer->take({0, 1, 0}).error, "interrupted");
  EXPECT_THROW(f.started.evaluator->evaluate(*f.model), std::exception);
}

TEST(PooledEvaluator, AnyNumberOfWorkersGivesTheSameBits) {
  Fixture one(1);
  Fixture three(3);
  const auto a = one.started.evaluator->evaluate(*one.model);
  const auto b = three.started.evaluator->evaluate(*three.model);
  EXPECT_EQ(a.loss, b.loss);
  EXPECT_EQ(a.accuracy, b.accuracy);
  EXPECT_EQ(a.examples, 2000U);
  EXPECT_EQ(a.class_accuracy.size(), 10U);
}

TEST(Backend, NamesItsLibraries) {
  const auto build = make_backend()->build();
  EXPECT_NE(build.libtorch, "");
  EXPECT_NE(build.blas, "unknown");
}

}  // namespace
}  // namespace brume::learning

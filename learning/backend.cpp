#include "learning/backend.hpp"

#include "brume/error.hpp"
#include "core/pooled_trainer.hpp"
#include "learning/data/csv.hpp"
#include "learning/data/idx.hpp"
#include "learning/data/synthetic.hpp"
#include "learning/models/models.hpp"
#include "learning/partitions/partitions.hpp"
#include "learning/pooled_evaluator.hpp"
#include "learning/torch_runtime.hpp"

namespace brume::learning {

namespace {

class TorchBackend final : public LearningBackend {
 public:
  Workers start(const TrainingSetup& setup) const override {
    const auto* model = dynamic_cast<const LayeredModel*>(setup.model.get());
    if (!model) throw RequestError("this build can only train models made of its own layers");
    auto pool = std::make_shared<WorkerPool>(setup.workers, use_one_thread_per_worker);
    const auto& shape = setup.data->shape();
    const auto layers = model->layers(shape);
    const auto layout = model->facts(shape).layout;
    auto benches = std::make_shared<Workbenches>();
    for (unsigned i = 0; i < setup.workers; ++i) benches->push_back(std::make_unique<Workbench>(layers, shape, layout));
    auto train = [setup, benches](const TrainingJob& job, unsigned worker) {
      return train_device(setup, job, *(*benches)[worker]);
    };
    return {std::make_shared<PooledTrainer>(pool, std::move(train)),
            std::make_shared<PooledEvaluator>(setup, pool, benches)};
  }
  LearningBuild build() const override { return torch_build(); }
};

}  // namespace

std::unique_ptr<LearningBackend> make_backend() { return std::make_unique<TorchBackend>(); }

void register_learning(Registry& registry) {
  registry.add<Logistic>("logistic", "multinomial logistic regression", "–");
  registry.add<Mlp>("mlp", "fully connected layers with ReLU", "–");
  registry.add<CnnSmall>("cnn_small", "two 5×5 convolutions (16, 32), 28,938 parameters on 28×28 images", "–");
  registry.add<FashionMnist>("fashion-mnist", "60,000 + 10,000 images of clothes, 10 classes",
                             "Xiao et al. 2017, arXiv 1708.07747; Debian's dataset-fashion-mnist");
  registry.add<IdxDataset>("idx", "images and labels in IDX files, gzipped or not", "LeCun et al., the MNIST database");
  registry.add<CsvDataset>("csv", "a table with a header, natural devices by column", "RFC 4180");
  registry.add<SyntheticDataset>("synthetic", "synthetic(α, β), made for each device when needed",
                                 "Li et al., MLSys 2020, arXiv 1812.06127, §5.1");
  registry.add<IidPartition>("iid", "rows shuffled and dealt evenly", "McMahan et al., AISTATS 2017, §3");
  registry.add<DirichletPartition>("dirichlet", "each device's label mix drawn from Dir(α)",
                                   "Hsu et al. 2019, arXiv 1909.06335, §2");
  registry.add<ShardsPartition>("shards", "rows sorted by label, so many shards a device",
                                "McMahan et al., AISTATS 2017, §3");
  registry.add<NaturalPartition>("natural", "by the data set's own devices", "Caldas et al. 2018, arXiv 1812.01097");
}

}  // namespace brume::learning

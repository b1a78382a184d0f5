#include "sim/surrogate.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "brume/error.hpp"

namespace brume::sim {

namespace {

constexpr Range kSizes = Range::between(1, 1e15);

// A curve's value at a place, on straight lines between its points and level beyond them.
struct CurvePoint {
  double at = 0;
  double loss = 0;
  double accuracy = 0;
};

struct SizePoint {
  std::int64_t version = 0;
  double size = 0;
};

template <class T>
Options::Sections points_of(std::vector<T>& points, void (*declare)(Options&, T&)) {
  return {[&points] { return points.size(); }, [&points](std::size_t size) { points.resize(size); },
          [&points, declare](std::size_t i, Options& o) { declare(o, points[i]); }};
}

void declare_curve_point(Options& o, CurvePoint& point) {
  o.number({"progress", "rounds' worth of updates", true}, point.at, Range::at_least(0));
  o.number({"loss", "there", true}, point.loss);
  o.number({"accuracy", "there"}, point.accuracy, Range::between(0, 1));
}

void declare_size_point(Options& o, SizePoint& point) {
  o.integer({"version", "of the model, the number of rounds before it", true}, point.version, Range::at_least(0));
  o.quantity({"size", "of an update from then on", true}, Unit::bytes, point.size, kSizes);
}

class SurrogateModel final : public Model {
 public:
  void declare(Options& o) override {
    o.integer({"parameters", "of the model that this stands in for", true}, parameters_, Range::between(1, 1e12));
    o.number({"forward_flops", "of one example", true}, forward_flops_, Range::above(0));
    o.number({"activations", "numbers that its layers put out for one example"}, activations_, Range::at_least(0));
    o.quantity_or_none({"model_size", "sent down; none for 4 bytes a parameter"}, Unit::bytes, model_size_, kSizes);
    o.quantity_or_none({"update_size", "sent up by a device; none for 4 bytes a parameter"}, Unit::bytes, update_size_,
                       kSizes);
    o.quantity_or_none({"partial_size", "sent up by a fog node; none for 8 bytes a parameter"}, Unit::bytes,
                       partial_size_);
    o.sections({"update_sizes", "sizes that change over the rounds, each from a version of the model on"},
               points_of(sizes_, declare_size_point));
    o.sections({"curve", "loss and accuracy by progress (one a round with fedavg), straight between points"},
               points_of(curve_, declare_curve_point));
  }

  ModelFacts facts(const DataShape& /*shape*/) const override {
    const auto falls = [](const CurvePoint& a, const CurvePoint& b) { return a.at >= b.at; };
    if (curve_.empty() || std::adjacent_find(curve_.begin(), curve_.end(), falls) != curve_.end())
      throw RequestError("the curve of model 'surrogate' needs points in ascending order of progress");
    const auto goes_back = [](const SizePoint& a, const SizePoint& b) { return a.version >= b.version; };
    if (std::adjacent_find(sizes_.begin(), sizes_.end(), goes_back) != sizes_.end())
      throw RequestError("update_sizes of model 'surrogate' stand in ascending order of their versions");
    ModelFacts facts;
    facts.layout = std::make_shared<const Layout>(std::vector<TensorSpec>{{"progress", {1}, TensorRole::trainable}});
    facts.forward_flops = forward_flops_;
    facts.activations = activations_;
    facts.stands_for = static_cast<std::uint64_t>(parameters_);
    return facts;
  }

  Parameters initialise(const DataShape& shape, std::uint64_t /*seed*/) const override {
    return Parameters(facts(shape).layout);
  }

  std::optional<DeclaredSizes> declared_sizes(Version version) const override {
    const auto count = static_cast<double>(parameters_);
    double update = update_size_.value_or(4 * count);
    for (const auto& point : sizes_)
      if (version >= static_cast<Version>(point.version)) update = point.size;
    return DeclaredSizes{static_cast<std::uint64_t>(model_size_.value_or(4 * count)),
                         static_cast<std::uint64_t>(update),
                         static_cast<std::uint64_t>(partial_size_.value_or(8 * count))};
  }

  CurvePoint at(double progress) const {
    const auto after =
        std::find_if(curve_.begin(), curve_.end(), [&](const auto& point) { return point.at > progress; });
    if (after == curve_.begin()) return curve_.front();
    const auto& before = *std::prev(after);
    if (after == curve_.end()) return before;
    const double share = (progress - before.at) / (after->at - before.at);
    return {progress, std::lerp(before.loss, after->loss, share), std::lerp(before.accuracy, after->accuracy, share)};
  }

 private:
  std::int64_t parameters_ = 0;
  double forward_flops_ = 0;
  double activations_ = 0;
  std::optional<double> model_size_, update_size_, partial_size_;
  std::vector<SizePoint> sizes_;
  std::vector<CurvePoint> curve_{{0, 2.3, 0.1}, {10, 1.2, 0.6}, {50, 0.6, 0.8}, {200, 0.4, 0.87}};
};

// How many examples each device has, and no examples.
class SurrogateData final : public FederatedData {
 public:
  SurrogateData(const DataRequest& request, double median, double deviation)
      : devices_(request.devices), seed_(request.seed), median_(median), deviation_(deviation) {}
  const DataShape& shape() const override { return shape_; }
  bool has_examples() const override { return false; }
  std::uint64_t device_count() const override { return devices_; }
  std::uint64_t sample_count(DeviceIndex device) const override {
    const double z = deviation_ > 0 ? Stream(seed_, Purpose::generate, device).normal() : 0;
    return static_cast<std::uint64_t>(std::max(1.0, std::round(median_ * std::exp(deviation_ * z))));
  }
  void load(DeviceIndex /*device*/, Examples& /*examples*/) const override { throw_none(); }
  std::uint64_t test_count() const override { return 1; }
  void load_test(std::uint64_t /*first*/, std::uint64_t /*count*/, Examples& /*examples*/) const override {
    throw_none();
  }

 private:
  [[noreturn]] static void throw_none() { throw Error("data set 'surrogate' has no examples"); }
  DataShape shape_{{1}, 2};
  std::uint64_t devices_;
  std::uint64_t seed_;
  double median_;
  double deviation_;
};

class SurrogateDataset final : public Dataset {
 public:
  void declare(Options& o) override {
    o.number({"examples", "of a device, the median"}, examples_, Range::between(1, 1e6));
    o.number({"deviation", "standard deviation of its logarithm"}, deviation_, Range::between(0, 5));
  }
  std::shared_ptr<const FederatedData> federate(const DataRequest& request) const override {
    if (request.partition) throw RequestError("data set 'surrogate' has nothing to deal: it takes no partition");
    return std::make_shared<SurrogateData>(request, examples_, deviation_);
  }

 private:
  double examples_ = 100;
  double deviation_ = 0;
};

const SurrogateModel& surrogate_of(const TrainingSetup& setup) {
  return dynamic_cast<const SurrogateModel&>(*setup.model);
}

class SurrogateTrainer final : public Trainer {
 public:
  explicit SurrogateTrainer(const TrainingSetup& setup) : setup_(setup) {}
  void submit(TrainingJob job) override {
    const auto task = job.task;
    jobs_.try_emplace(task, std::move(job));
  }
  void cancel(const TaskId& task) override { jobs_.erase(task); }

  TrainingResult take(const TaskId& task) override {
    const auto job = std::move(jobs_.extract(task).mapped());
    TrainingResult result;
    result.samples = setup_.data->sample_count(task.device);
    result.weight = static_cast<double>(result.samples);
    result.loss = surrogate_of(setup_).at(static_cast<double>(job.model->values()[0])).loss;
    result.algorithm_state = job.algorithm_state;
    result.codec_state = job.codec_state;
    const auto vectors = setup_.algorithm->vectors(job.model->layout_pointer());
    for (const auto& vector : vectors) {
      const FloatVector step(vector.layout->size(), 1.0F);
      const FrameContext context{*job.model_digest, 0, vector.name, job.most_bytes / vectors.size(), task.version};
      result.vectors.push_back(
          {vector.name, setup_.uplink->encode(step, *vector.layout, context, Stream(setup_.seed, Purpose::uplink, task),
                                              result.codec_state)});
    }
    return result;
  }

 private:
  TrainingSetup setup_;
  std::map<TaskId, TrainingJob> jobs_;
};

class SurrogateEvaluator final : public Evaluator {
 public:
  explicit SurrogateEvaluator(const TrainingSetup& setup) : setup_(setup) {}
  Metrics evaluate(const Parameters& model) override {
    const auto point = surrogate_of(setup_).at(static_cast<double>(model.values()[0]));
    return {point.loss, point.accuracy, {}, 1};
  }

 private:
  TrainingSetup setup_;
};

class SurrogateBackend final : public LearningBackend {
 public:
  Workers start(const TrainingSetup& setup) const override {
    if (!dynamic_cast<const SurrogateModel*>(setup.model.get()))
      throw RequestError("only model 'surrogate' can be trained without a back end");
    return {std::make_shared<SurrogateTrainer>(setup), std::make_shared<SurrogateEvaluator>(setup)};
  }
  LearningBuild build() const override { return {"none: surrogate training", "none"}; }
};

}  // namespace

void register_surrogate(Registry& registry) {
  registry.add<SurrogateModel>("surrogate", "stands in for a model of declared size, cost and learning curve", "–");
  registry.add<SurrogateDataset>("surrogate", "how many examples each device has, and no examples", "–");
}

std::unique_ptr<LearningBackend> surrogate_backend() { return std::make_unique<SurrogateBackend>(); }

}  // namespace brume::sim

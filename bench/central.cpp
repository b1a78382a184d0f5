// A plain LibTorch loop on what a federation's devices hold all together: autograd, torch::optim, one process. Says how
// well the same model does that sees everything, and how fast the plain loop is.
//
//   bench/central FILE [--epochs N] [--set a.b=c …]
#include <fmt/format.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <numeric>

#include "brume/error.hpp"
#include "brume/layers.hpp"
#include "federation/assembly.hpp"
#include "federation/builtin.hpp"
#include "learning/scores.hpp"
#include "tests/learning/torch_reference.hpp"

namespace {

using namespace brume;

struct Work {
  std::vector<Layer> layers;
  DataShape shape;
  LossFunction loss;
  Examples train;
  Examples test;
  std::int64_t batch_size = 32;
};

Examples pooled(const FederatedData& data) {
  Examples all;
  Examples one;
  for (DeviceIndex device = 0; device < data.device_count(); ++device) {
    data.load(device, one);
    all.append(one, 0, one.count);
  }
  return all;
}

torch::Tensor features_of(const Work& work, const Examples& examples, const std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> sizes{static_cast<std::int64_t>(examples.count)};
  sizes.insert(sizes.end(), work.shape.features.begin(), work.shape.features.end());
  const auto all = torch::from_blob(const_cast<float*>(examples.features.data()), sizes);
  return all.index_select(0, torch::tensor(rows));
}

torch::Tensor loss_of(const Work& work, const torch::Tensor& output, const torch::Tensor& x,
                      const std::vector<std::int64_t>& rows) {
  if (work.shape.task == LearningTask::reconstruction) return torch::mse_loss(output, x.flatten(1));
  if (work.shape.task == LearningTask::classification) {
    std::vector<std::int64_t> labels;
    for (const auto row : rows) labels.push_back(work.train.labels[static_cast<std::size_t>(row)]);
    return torch::nn::functional::cross_entropy(output, torch::tensor(labels));
  }
  std::vector<float> targets;
  for (const auto row : rows) targets.push_back(work.train.targets[static_cast<std::size_t>(row)]);
  return torch::mse_loss(output.flatten(), torch::tensor(targets));
}

void train_epoch(const Work& work, testing::TorchReference& model, torch::optim::Optimizer& optimizer, Stream stream) {
  std::vector<std::int64_t> order(work.train.count);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  stream.shuffle(std::span(order));
  const auto batch = static_cast<std::size_t>(work.batch_size);
  for (std::size_t first = 0; first < order.size(); first += batch) {
    const std::vector<std::int64_t> rows(
        order.begin() + static_cast<std::ptrdiff_t>(first),
        order.begin() + static_cast<std::ptrdiff_t>(std::min(first + batch, order.size())));
    const auto x = features_of(work, work.train, rows);
    optimizer.zero_grad();
    loss_of(work, model.run(work.layers, x), x, rows).backward();
    torch::nn::utils::clip_grad_norm_(model.trainable(), 5);
    optimizer.step();
  }
}

Metrics evaluate(const Work& work, testing::TorchReference& model) {
  const torch::NoGradGuard guard;
  const learning::Objective objective(work.shape, work.loss);
  learning::Scores scores(work.shape, work.loss);
  model.train(false);
  for (std::size_t first = 0; first < work.test.count; first += 250) {
    const auto count = std::min<std::size_t>(250, work.test.count - first);
    std::vector<std::int64_t> rows(count);
    std::iota(rows.begin(), rows.end(), static_cast<std::int64_t>(first));
    auto output = model.run(work.layers, features_of(work, work.test, rows));
    if (objective.classifies()) output = torch::log_softmax(output, 1);
    output = output.contiguous();
    const std::size_t width = work.shape.width();
    scores.add({output.data_ptr<float>(), static_cast<std::size_t>(output.numel())},
               {work.test.features.data() + first * width, work.test.labels.data() + first,
                work.test.targets.data() + (work.test.targets.empty() ? 0 : first), static_cast<std::int64_t>(count)},
               objective);
  }
  model.train(true);
  return scores.metrics();
}

void print(const Metrics& metrics) {
  if (!std::isnan(metrics.accuracy)) fmt::print("accuracy {:.4f}, ", metrics.accuracy);
  for (const auto& other : metrics.others) fmt::print("{} {:.4f}, ", other.name, other.value);
  fmt::print("loss {:.4f}\n", metrics.loss);
}

void run(const std::string& file, const std::vector<std::string>& set, std::int64_t epochs, double rate) {
  const auto registry = federation::builtin_registry();
  const configs::Presets presets;
  const auto document = configs::read_document(file, {set, {}, {}}, registry, presets);
  const auto assembly = federation::assemble(document);
  const auto* layered = dynamic_cast<const LayeredModel*>(assembly.model.get());
  if (!layered) throw RequestError("the model must be one of layers");
  Work work;
  work.shape = assembly.data->shape();
  work.layers = layered->layers(work.shape);
  work.loss = assembly.plan.loss;
  work.batch_size = assembly.plan.batch_size;
  work.train = pooled(*assembly.data);
  assembly.data->load_test(0, assembly.data->test_count(), work.test);
  torch::set_num_threads(1);
  torch::manual_seed(assembly.seed);
  testing::TorchReference model(assembly.initial_model(), true);
  torch::optim::Adam optimizer(model.trainable(), torch::optim::AdamOptions(rate));
  const auto begun = std::chrono::steady_clock::now();
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch)
    train_epoch(work, model, optimizer, Stream(assembly.seed, Purpose::shuffle, static_cast<std::uint64_t>(epoch)));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  fmt::print("{}: {} examples, {} epochs with Adam at {} in {:.1f} s: ", document.configuration.federation.name,
             work.train.count, epochs, rate, seconds.count());
  print(evaluate(work, model));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A plain LibTorch loop on all of a federation's data"};
  std::string file;
  std::vector<std::string> set;
  std::int64_t epochs = 20;
  double rate = 0.002;
  app.add_option("FILE", file, "The federation file")->required();
  app.add_option("--set", set, "Change a value")->expected(1)->take_all();
  app.add_option("--epochs", epochs, "Passes over all examples");
  app.add_option("--rate", rate, "Adam's learning rate");
  CLI11_PARSE(app, argc, argv);
  try {
    run(file, set, epochs, rate);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}

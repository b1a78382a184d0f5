#include "bench/bare_loop.hpp"

#include <dlfcn.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>
#include <thread>

namespace brume::bench {

namespace {

namespace nn = torch::nn;

nn::Sequential make_model(const BareWork& work) {
  const auto width = std::accumulate(work.shape.begin(), work.shape.end(), std::int64_t{1}, std::multiplies<>());
  if (work.model == "logistic") return nn::Sequential(nn::Flatten(), nn::Linear(width, work.classes));
  if (work.model == "mlp")
    return nn::Sequential(nn::Linear(width, work.hidden), nn::ReLU(), nn::Linear(work.hidden, work.classes));
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(work.shape[0], 16, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Conv2d(nn::Conv2dOptions(16, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Flatten(), nn::Linear(32 * (work.shape[1] / 4) * (work.shape[2] / 4), work.classes));
}

void use_one_thread() {
  at::set_num_threads(1);
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(1);
}

class BareLoop {
 public:
  BareLoop(const BareWork& work, int threads) : work_(work), devices_(static_cast<std::size_t>(work.devices)) {
    const auto sizes = [&](std::int64_t n) {
      std::vector<std::int64_t> all{n};
      all.insert(all.end(), work.shape.begin(), work.shape.end());
      return all;
    };
    features_ = torch::randn(sizes(work.devices * work.samples));
    labels_ = torch::randint(work.classes, {work.devices * work.samples}, torch::kLong);
    test_ = torch::randn(sizes(std::max<std::int64_t>(work.test_examples, 1)));
    std::iota(devices_.begin(), devices_.end(), std::int64_t{0});
    for (int i = 0; i < threads; ++i) models_.push_back(make_model(work));
    for (const auto& parameter : models_[0]->parameters()) global_.push_back(parameter.detach().clone());
  }

  void round(std::int64_t number) {
    std::shuffle(devices_.begin(), devices_.end(), random_);
    std::vector<std::vector<torch::Tensor>> sums(models_.size());
    std::vector<std::thread> threads;
    for (std::size_t k = 1; k < models_.size(); ++k) threads.emplace_back([&, k] { train_share(k, sums[k]); });
    train_share(0, sums[0]);
    for (auto& thread : threads) thread.join();
    const torch::NoGradGuard guard;
    for (const auto& sum : sums)
      for (std::size_t i = 0; i < global_.size(); ++i) global_[i].add_(sum[i], 1.0 / static_cast<double>(work_.cohort));
    if (work_.evaluate_every > 0 && number % work_.evaluate_every == 0) evaluate();
  }

 private:
  void load_global(nn::Sequential& model) {
    const torch::NoGradGuard guard;
    auto parameters = model->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].copy_(global_[i]);
  }

  void train_share(std::size_t k, std::vector<torch::Tensor>& sum) {
    use_one_thread();
    for (const auto& tensor : global_) sum.push_back(torch::zeros_like(tensor));
    for (std::size_t c = k; c < static_cast<std::size_t>(work_.cohort); c += models_.size())
      train_device(models_[k], devices_[c], sum);
  }

  void train_device(nn::Sequential& model, std::int64_t device, std::vector<torch::Tensor>& sum) {
    load_global(model);
    auto parameters = model->parameters();
    const std::int64_t first = device * work_.samples;
    for (std::int64_t begin = first; begin < first + work_.samples; begin += work_.batch) {
      const std::int64_t end = std::min(begin + work_.batch, first + work_.samples);
      nn::functional::cross_entropy(model->forward(features_.slice(0, begin, end)), labels_.slice(0, begin, end))
          .backward();
      const torch::NoGradGuard guard;
      for (auto& parameter : parameters) {
        parameter.add_(parameter.grad(), -work_.learning_rate);
        parameter.mutable_grad().reset();
      }
    }
    const torch::NoGradGuard guard;
    for (std::size_t i = 0; i < parameters.size(); ++i) sum[i].add_(parameters[i]).sub_(global_[i]);
  }

  void evaluate() {
    std::vector<std::thread> threads;
    const auto share = [&](std::size_t k) {
      use_one_thread();
      load_global(models_[k]);
      const torch::NoGradGuard guard;
      const auto stride = static_cast<std::int64_t>(250 * models_.size());
      for (auto begin = static_cast<std::int64_t>(250 * k); begin < work_.test_examples; begin += stride)
        torch::log_softmax(models_[k]->forward(test_.slice(0, begin, std::min(begin + 250, work_.test_examples))), 1);
    };
    for (std::size_t k = 1; k < models_.size(); ++k) threads.emplace_back(share, k);
    share(0);
    for (auto& thread : threads) thread.join();
  }

  BareWork work_;
  torch::Tensor features_, labels_, test_;
  std::vector<std::int64_t> devices_;
  std::vector<nn::Sequential> models_;
  std::vector<torch::Tensor> global_;
  std::mt19937 random_{0};
};

}  // namespace

double run_bare_loop(const BareWork& work, int rounds, int threads) {
  use_one_thread();
  BareLoop loop(work, threads);
  loop.round(1);
  const auto started = std::chrono::steady_clock::now();
  for (int round = 1; round <= rounds; ++round) loop.round(round);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace brume::bench

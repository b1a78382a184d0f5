#include "algorithms/fetchsgd.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "algorithms/needs.hpp"
#include "brume/error.hpp"
#include "brume/local_sgd.hpp"

namespace brume::algorithms {

namespace {

constexpr double kMostOfColumns = 0.2;  // at a half it diverged
constexpr const char* kSketch = "sketch";
constexpr const char* kMomentum = "momentum_sketch";
constexpr const char* kError = "error_sketch";

// The k elements of largest magnitude; of equal ones the first.
std::vector<std::size_t> largest(const std::vector<float>& values, std::size_t k) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  const auto before = [&](std::size_t a, std::size_t b) {
    const float x = std::fabs(values[a]);
    const float y = std::fabs(values[b]);
    return x != y ? x > y : a < b;
  };
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k - 1), order.end(), before);
  order.resize(k);
  return order;
}

}  // namespace

void FetchSgd::declare(Options& options) {
  options.integer({"rows", "of the sketch; more make a wrong estimate less likely"}, rows_, Range::between(1, 31));
  options.number({"size", "cells of the sketch, as a share of the model's elements"}, size_, Range{0, 1, true});
  options.number({"fraction", "of the model's elements that a round changes"}, fraction_, Range{0, 1, true});
  options.number({"momentum", "of the server, in the sketch, ρ"}, momentum_, Range::between(0, 0.999));
  options.number({"server_learning_rate", "η"}, server_learning_rate_, Range::above(0));
}

void FetchSgd::check(const LayoutPointer& model, const TrainingPlan& /*plan*/) const {
  need_no_buffers("fetchsgd", *model);
  const double changed = fraction_ * static_cast<double>(model->size());
  if (changed > kMostOfColumns * static_cast<double>(columns(*model)))
    throw RequestError("algorithm 'fetchsgd' changes more elements a round than its sketch tells apart, " +
                       std::to_string(static_cast<std::uint64_t>(changed)) + " of " + std::to_string(columns(*model)) +
                       " columns; raise size or lower fraction");
}

std::size_t FetchSgd::columns(const Layout& model) const {
  const double cells = size_ * static_cast<double>(model.size());
  return std::max<std::size_t>(1, static_cast<std::size_t>(cells / static_cast<double>(rows_)));
}

CountSketch FetchSgd::sketch(const Layout& model) const { return {static_cast<std::size_t>(rows_), columns(model)}; }

std::vector<VectorSpec> FetchSgd::vectors(const LayoutPointer& model) const {
  const auto columns_of = static_cast<std::int64_t>(columns(*model));
  return {{kSketch, std::make_shared<const Layout>(
                        std::vector<TensorSpec>{{kSketch, {rows_, columns_of}, TensorRole::trainable}})}};
}

Update FetchSgd::run(LocalContext& context) const {
  auto update = change_of_model(context, train_locally(context));
  const auto& layout = *context.layout();
  const auto spec = vectors(context.layout()).front();
  const auto delta = std::move(update.vectors.front().values);
  NamedVector sketched{spec.name, spec.layout, FloatVector(spec.layout->size())};
  const auto hash = sketch(layout);
  for (std::size_t i = 0; i < delta.size(); ++i) hash.add(i, delta[i], sketched.values);
  update.vectors.front() = std::move(sketched);
  return update;
}

std::vector<NamedScalar> FetchSgd::step(const StepInput& input, Parameters& model, State& state) const {
  const auto hash = sketch(model.layout());
  const std::size_t cells = static_cast<std::size_t>(rows_) * columns(model.layout());
  std::vector<float> mean(cells);
  input.sums().mean(kSketch, mean);
  auto& momentum = state.vector(kMomentum, cells);
  auto& error = state.vector(kError, cells);
  for (std::size_t i = 0; i < cells; ++i) {
    momentum[i] = static_cast<float>(momentum_) * momentum[i] + mean[i];
    error[i] += static_cast<float>(server_learning_rate_) * momentum[i];
  }
  const auto values = model.values();
  std::vector<float> estimates(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) estimates[i] = hash.estimate(i, error);
  const auto k = std::max<std::size_t>(1, static_cast<std::size_t>(fraction_ * static_cast<double>(values.size())));
  double square = 0;
  for (const auto i : largest(estimates, k)) {
    values[i] += estimates[i];
    hash.add(i, -estimates[i], error);
    hash.clear(i, momentum);
    square += static_cast<double>(estimates[i]) * static_cast<double>(estimates[i]);
  }
  return {{"update_norm", std::sqrt(square)}};
}

}  // namespace brume::algorithms

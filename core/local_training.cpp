#include "core/local_training.hpp"

#include <algorithm>
#include <cmath>

#include "brume/error.hpp"

namespace brume {

namespace {

// A program's upload must be what its algorithm declares: codecs and nodes go by it.
void check(const Update& update, const std::vector<VectorSpec>& vectors, const std::vector<std::string>& scalars) {
  if (update.vectors.size() != vectors.size() || update.scalars.size() != scalars.size())
    throw Error("the local program uploads another number of vectors or scalars than its algorithm declares");
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    const auto& vector = update.vectors[i];
    if (vector.name != vectors[i].name)
      throw Error("the local program uploads '" + vector.name + "' in place of '" + vectors[i].name + "'");
    if (!vector.layout || vector.layout->digest() != vectors[i].layout->digest() ||
        vector.values.size() != vector.layout->size())
      throw Error("the local program uploads '" + vector.name + "' with another layout than declared");
  }
  for (std::size_t i = 0; i < scalars.size(); ++i)
    if (update.scalars[i].name != scalars[i])
      throw Error("the local program uploads '" + update.scalars[i].name + "' in place of '" + scalars[i] + "'");
}

// What is not finite would stay with the device for good.
void check(const State& state) {
  for (const auto& [name, values] : state.vectors)
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
      throw Error("training diverged: the device's own '" + name + "' is not finite");
}

// Of what all frames together may take, as much as a vector is of all elements.
std::size_t share_of(std::size_t most_bytes, const NamedVector& vector, const Update& update) {
  if (most_bytes == 0) return 0;
  std::size_t all = 0;
  for (const auto& one : update.vectors) all += one.values.size();
  const double share = static_cast<double>(vector.values.size()) / static_cast<double>(all);
  return std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(most_bytes)));
}

void learn(const TrainingSetup& setup, const TrainingJob& job, LocalContext& context, TrainingResult& result) {
  Update update = setup.program->run(context);
  check(update, setup.algorithm->vectors(context.layout()), setup.algorithm->scalars());
  check(context.state());
  result.weight = setup.algorithm->weight(update);
  result.loss = update.loss;
  result.samples = update.samples;
  result.scalars = std::move(update.scalars);
  for (std::size_t i = 0; i < update.vectors.size(); ++i) {
    const auto& vector = update.vectors[i];
    const auto key = job.task.version << 16 | (job.task.attempt & 0xFF) << 8 | i;
    const Stream stream(setup.seed, Purpose::uplink, job.task.device, key);
    const FrameContext frame_context{*job.model_digest, 0, vector.name, share_of(job.most_bytes, vector, update),
                                     job.task.version};
    result.vectors.push_back(
        {vector.name, setup.uplink->encode(vector.values, *vector.layout, frame_context, stream, result.codec_state)});
  }
}

}  // namespace

std::string failure_of(const Component& component) {
  const auto named = [&](const std::string& what) {
    return component.origin().empty() ? what : component.origin() + ": " + what;
  };
  try {
    throw;
  } catch (const std::exception& error) {
    return named(error.what());
  } catch (...) {
    return named("an exception that is no std::exception");
  }
}

void name_failure(const Algorithm& algorithm, const std::function<void()>& work) {
  try {
    work();
  } catch (const Interrupted&) {
    throw;
  } catch (...) {
    throw Error(failure_of(algorithm));
  }
}

void run_local_program(const TrainingSetup& setup, const TrainingJob& job, LocalContext& context,
                       TrainingResult& result) {
  name_failure(*setup.algorithm, [&] { learn(setup, job, context, result); });
}

std::span<const float> JobContext::broadcast(std::string_view name) const {
  for (const auto& vector : *job_.broadcast)
    if (vector.name == name) return vector.values;
  throw Error("the server broadcasts no vector '" + std::string(name) + "'");
}

}  // namespace brume

#include "cli/codec_measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "brume/error.hpp"
#include "compression/make_codec.hpp"
#include "compression/sources.hpp"
#include "configs/declared.hpp"
#include "core/model_file.hpp"

namespace brume::cli {

namespace {

using Clock = std::chrono::steady_clock;

CodecValues one_vector(std::vector<float> values) {
  auto layout = std::make_shared<const Layout>(
      std::vector<TensorSpec>{{"x", {static_cast<std::int64_t>(values.size())}, TensorRole::trainable}});
  return {std::move(values), std::move(layout)};
}

CodecValues read_file(const std::filesystem::path& path) {
  if (path.extension() == ".brume") {
    const auto model = read_model_file(path);
    return {{model.values().begin(), model.values().end()}, model.layout_pointer()};
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw RequestError(fmt::format("{} cannot be read", path.string()));
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.empty() || bytes.size() % sizeof(float) != 0)
    throw RequestError(fmt::format("{} holds no little-endian float32: {} bytes", path.string(), bytes.size()));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return one_vector(std::move(values));
}

// The median of so many runs at least, and of more where one is soon over.
template <class Work>
double seconds_of(int repetitions, const Work& work) {
  constexpr double kEnough = 0.03;
  std::vector<double> runs;
  for (double all = 0; runs.size() < static_cast<std::size_t>(repetitions) || all < kEnough; all += runs.back()) {
    const auto begin = Clock::now();
    work();
    runs.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
  std::nth_element(runs.begin(), middle, runs.end());
  return *middle;
}

}  // namespace

CodecValues read_input(const CodecInput& input) {
  const auto names = compression::source_names();
  if (std::find(names.begin(), names.end(), input.name) != names.end())
    return one_vector(compression::draw(input.name, input.elements, 1));
  if (!std::filesystem::exists(input.name))
    throw RequestError(fmt::format("--input {}: neither a file nor one of {}", input.name, fmt::join(names, ", ")));
  return read_file(input.name);
}

std::shared_ptr<const Codec> chain_of(const std::string& chain, const Registry& registry) {
  std::vector<Chosen<Stage>> chosen;
  configs::read_part("chain: " + chain, "--codec", [&](Options& options) {
    ChoiceListOf<Stage> stages(chosen, registry);
    options.choices({"chain", "stages in order"}, stages);
  });
  return compression::make_codec(chosen, false);
}

CodecFigures measure(const std::string& chain, const CodecValues& x, const CodecInput& input, const Registry& registry,
                     int repetitions) {
  const auto codec = chain_of(chain, registry);
  const auto& values = x.values;
  const double bytes = static_cast<double>(values.size()) * sizeof(float);
  CodecFigures figures;
  figures.chain = chain;
  Frame frame;
  State state;
  figures.encode = bytes / seconds_of(repetitions, [&] {
                     frame = codec->encode(values, *x.layout, {}, Stream(1, Purpose::uplink), state);
                   });
  std::vector<float> y(values.size());
  figures.decode = bytes / seconds_of(repetitions, [&] { (void)codec->decode(*frame, *x.layout, y); });
  figures.bits = 8.0 * static_cast<double>(frame->size()) / static_cast<double>(values.size());
  figures.nmse = compression::nmse(values, y);
  double along = 0;
  double square = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    along += static_cast<double>(values[i]) * static_cast<double>(y[i]);
    square += static_cast<double>(values[i]) * static_cast<double>(values[i]);
  }
  figures.bias = square > 0 ? along / square - 1 : 0;
  if (const auto least = compression::shannon_bits(input.name, figures.nmse)) figures.beyond = figures.bits - *least;
  return figures;
}

double copy_speed(const std::vector<float>& values, int repetitions) {
  std::vector<float> copy(values.size());
  const double seconds =
      seconds_of(repetitions, [&] { std::memcpy(copy.data(), values.data(), values.size() * sizeof(float)); });
  return static_cast<double>(values.size()) * sizeof(float) / seconds;
}

}  // namespace brume::cli

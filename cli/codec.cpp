#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/context.hpp"
#include "compression/make_codec.hpp"
#include "compression/sources.hpp"
#include "configs/declared.hpp"
#include "core/human.hpp"
#include "core/model_file.hpp"

namespace brume::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRepetitions = 5;  // of which the fastest counts

// What is measured unless chains are named: from many bits to few.
constexpr const char* kChains[] = {"[]",
                                   "[entropy]",
                                   "[half]",
                                   "[half, entropy]",
                                   "[{quantize: {bits: 8}}]",
                                   "[{quantize: {bits: 8}}, entropy]",
                                   "[{quantize: {bits: 4}}, entropy]",
                                   "[{eden: {bits: 2}}]",
                                   "[{ecsq: {step: 0.5}}, entropy]",
                                   "[{tcq: {step: 0.5}}, entropy]",
                                   "[{dither: {step: 1}}, entropy]",
                                   "[qsgd, entropy]",
                                   "[{tcq: {step: 1.09, unbiased: true}}, entropy]",
                                   "[{tcq: {step: 1.09}}, entropy]",
                                   "[{ecsq: {step: 1.8}}, entropy]",
                                   "[{eden: {bits: 1}}]",
                                   "[terngrad, entropy]",
                                   "[sign]",
                                   "[{random_k: {fraction: 0.1}}, {quantize: {bits: 8}}, entropy]",
                                   "[{top_k: {fraction: 0.05}}, {quantize: {bits: 6}}, entropy]",
                                   "[{top_k: {fraction: 0.01}}, {quantize: {bits: 6}}, entropy]",
                                   "[stc]"};

struct CodecOptions {
  std::vector<std::string> chains;
  std::string input = "gaussian";
  std::uint64_t elements = 1U << 20;
  bool json = false;
};

struct Row {
  std::string chain;
  double bits = 0;
  double nmse = 0;
  double bias = 0;  ///< of the part along x
  std::optional<double> beyond;
  double encode = 0;  ///< bytes of floats a second
  double decode = 0;
};

std::vector<float> floats_of(const std::filesystem::path& path) {
  if (path.extension() == ".brume") {
    const auto model = read_model_file(path);
    return {model.values().begin(), model.values().end()};
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw RequestError(fmt::format("{} cannot be read", path.string()));
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (bytes.empty() || bytes.size() % sizeof(float) != 0)
    throw RequestError(fmt::format("{} holds no little-endian float32: {} bytes", path.string(), bytes.size()));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::vector<float> input_of(const CodecOptions& options) {
  const auto names = compression::source_names();
  if (std::find(names.begin(), names.end(), options.input) != names.end())
    return compression::draw(options.input, options.elements, 1);
  if (!std::filesystem::exists(options.input))
    throw RequestError(fmt::format("--input {}: neither a file nor one of {}", options.input, fmt::join(names, ", ")));
  return floats_of(options.input);
}

std::shared_ptr<const Codec> codec_of(const std::string& chain, const Registry& registry) {
  std::vector<Chosen<Stage>> chosen;
  configs::read_part("chain: " + chain, "--codec", [&](Options& options) {
    ChoiceListOf<Stage> stages(chosen, registry);
    options.choices({"chain", "stages in order"}, stages);
  });
  return compression::make_codec(chosen, false);
}

template <class Work>
double fastest(const Work& work) {
  double best = 1e300;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto begin = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

Row measure(const std::string& chain, const std::vector<float>& x, const CodecOptions& options,
            const Registry& registry) {
  const auto codec = codec_of(chain, registry);
  const Layout layout({{"x", {static_cast<std::int64_t>(x.size())}, TensorRole::trainable}});
  const double bytes = static_cast<double>(x.size()) * sizeof(float);
  Row row;
  row.chain = chain;
  Frame frame;
  State none;
  row.encode = bytes / fastest([&] { frame = codec->encode(x, layout, {}, Stream(1, Purpose::uplink), none); });
  std::vector<float> y(x.size());
  row.decode = bytes / fastest([&] { (void)codec->decode(*frame, layout, y); });
  row.bits = 8.0 * static_cast<double>(frame->size()) / static_cast<double>(x.size());
  row.nmse = compression::nmse(x, y);
  double along = 0;
  double square = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    along += static_cast<double>(x[i]) * static_cast<double>(y[i]);
    square += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  row.bias = square > 0 ? along / square - 1 : 0;
  if (const auto least = compression::shannon_bits(options.input, row.nmse)) row.beyond = row.bits - *least;
  return row;
}

double copy_speed(const std::vector<float>& x) {
  std::vector<float> copy(x.size());
  const double seconds = fastest([&] { std::memcpy(copy.data(), x.data(), x.size() * sizeof(float)); });
  return static_cast<double>(x.size()) * sizeof(float) / seconds;
}

void print(const Row& row, double copy) {
  fmt::print("{:<62} {:>8.4f} {:>9.3g} {:>8.4f} {:>8} {:>8.2f} {:>8.2f} {:>7.3f} {:>7.3f}\n", row.chain, row.bits,
             row.nmse, row.bias, row.beyond ? fmt::format("{:.4f}", *row.beyond) : "–", row.encode / 1e9,
             row.decode / 1e9, row.encode / copy, row.decode / copy);
}

nlohmann::ordered_json to_json(const Row& row) {
  nlohmann::ordered_json json{{"chain", row.chain},
                              {"bits", row.bits},
                              {"nmse", row.nmse},
                              {"bias", row.bias},
                              {"encode_bytes_per_second", row.encode},
                              {"decode_bytes_per_second", row.decode}};
  json["bits_beyond_shannon"] = row.beyond ? nlohmann::ordered_json(*row.beyond) : nlohmann::ordered_json();
  return json;
}

void bench(const CodecOptions& options, const Context& context) {
  const auto x = input_of(options);
  std::vector<std::string> chains = options.chains;
  if (chains.empty()) chains.assign(std::begin(kChains), std::end(kChains));
  for (const auto& chain : chains) (void)codec_of(chain, context.registry);  // what is wrong is said before the table
  const double copy = copy_speed(x);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  if (!options.json) {
    fmt::print("{} elements of {}, one core, a copy of them takes {:.1f} GB/s\n\n", human_count(x.size()),
               options.input, copy / 1e9);
    fmt::print("{:<62} {:>8} {:>9} {:>8} {:>8} {:>17} {:>15}\n", "", "bits", "NMSE", "bias", "beyond",
               "GB/s of float32", "to a copy");
    fmt::print("{:<62} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7}\n", "chain", "each", "", "", "Shannon", "encode",
               "decode", "encode", "decode");
  }
  for (const auto& chain : chains) {
    const auto row = measure(chain, x, options, context.registry);
    options.json ? rows.push_back(to_json(row)) : print(row, copy);
  }
  if (options.json)
    fmt::print("{}\n",
               nlohmann::ordered_json{
                   {"input", options.input}, {"elements", x.size()}, {"copy_bytes_per_second", copy}, {"chains", rows}}
                   .dump());
}

}  // namespace

void add_codec(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("codec", "Measure codecs");
  command->require_subcommand(1);
  auto options = std::make_shared<CodecOptions>();
  auto* bench_command =
      command->add_subcommand("bench", "Bits, error, bias and speed of chains, beside Shannon's bound and a copy");
  bench_command
      ->add_option("--codec", options->chains,
                   "A chain as in a federation file, such as '[{tcq: {step: 1}}, entropy]'; may be repeated")
      ->allow_extra_args(false);  // with them, brackets and commas would make several of it
  bench_command->add_option("--input", options->input,
                            "gaussian, laplace, ggd, a model (.brume) or a file of little-endian float32");
  bench_command->add_option("--elements", options->elements, "How many are drawn")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 28));
  bench_command->add_flag("--json", options->json, "Print one JSON document");
  bench_command->callback([options, &context] { bench(*options, context); });
}

}  // namespace brume::cli

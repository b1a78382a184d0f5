#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/codec_measure.hpp"
#include "cli/codec_plot.hpp"
#include "cli/context.hpp"
#include "core/human.hpp"

namespace brume::cli {

namespace {

constexpr int kRepetitions = 5;  // at least, of which the median counts

// What is measured unless chains are named: from many bits to few.
constexpr const char* kChains[] = {"[]",
                                   "[entropy]",
                                   "[half]",
                                   "[half, entropy]",
                                   "[{quantize: {bits: 8}}]",
                                   "[{quantize: {bits: 8}}, entropy]",
                                   "[{quantize: {bits: 4}}, entropy]",
                                   "[{eden: {bits: 2}}]",
                                   "[codebook, entropy]",
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
                                   "[{global_top_k: {fraction: 0.01}}, {quantize: {bits: 6}}, entropy]",
                                   "[stc]"};

struct CodecOptions {
  std::vector<std::string> chains;
  CodecInput input;
  bool json = false;
};

void print(const CodecFigures& row, double copy) {
  fmt::print("{:<62} {:>8.4f} {:>9.3g} {:>8.4f} {:>8} {:>8.2f} {:>8.2f} {:>7.3f} {:>7.3f}\n", row.chain, row.bits,
             row.nmse, row.bias, row.beyond ? fmt::format("{:.4f}", *row.beyond) : "–", row.encode / 1e9,
             row.decode / 1e9, row.encode / copy, row.decode / copy);
}

nlohmann::ordered_json to_json(const CodecFigures& row) {
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
  const auto x = read_input(options.input);
  std::vector<std::string> chains = options.chains;
  if (chains.empty()) chains.assign(std::begin(kChains), std::end(kChains));
  for (const auto& chain : chains) (void)chain_of(chain, context.registry);  // what is wrong is said before the table
  const double copy = copy_speed(x.values, kRepetitions);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  if (!options.json) {
    fmt::print("{} elements of {}, one core, a copy of them takes {:.1f} GB/s\n\n", human_count(x.values.size()),
               options.input.name, copy / 1e9);
    fmt::print("{:<62} {:>8} {:>9} {:>8} {:>8} {:>17} {:>15}\n", "", "bits", "NMSE", "bias", "beyond",
               "GB/s of float32", "to a copy");
    fmt::print("{:<62} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7}\n", "chain", "each", "", "", "Shannon", "encode",
               "decode", "encode", "decode");
  }
  for (const auto& chain : chains) {
    const auto row = measure(chain, x, options.input, context.registry, kRepetitions);
    options.json ? rows.push_back(to_json(row)) : print(row, copy);
  }
  if (options.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"input", options.input.name},
                                              {"elements", x.values.size()},
                                              {"copy_bytes_per_second", copy},
                                              {"chains", rows}}
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
  bench_command->add_option("--input", options->input.name,
                            "gaussian, laplace, ggd, a model (.brume) or a file of little-endian float32");
  bench_command->add_option("--elements", options->input.elements, "How many are drawn")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 28));
  bench_command->add_flag("--json", options->json, "Print one JSON document");
  bench_command->callback([options, &context] { bench(*options, context); });
  add_codec_plot(*command, context);
}

}  // namespace brume::cli

#include "cli/codec_plot.hpp"

#include <fmt/format.h>

#include <cmath>

#include "cli/codec_measure.hpp"
#include "compression/sources.hpp"
#include "core/files.hpp"
#include "records/rate_distortion.hpp"

namespace brume::cli {

namespace {

// Families of chains, each drawn as a line over the values of one option.
struct Family {
  const char* name;
  const char* chain;  // {} stands for the value
  std::vector<const char*> values;
};

std::vector<Family> families() {
  const std::vector<const char*> steps{"0.03", "0.1", "0.3", "0.6", "1", "1.5", "2", "3", "4"};
  const std::vector<const char*> fractions{"0.001", "0.003", "0.01", "0.03", "0.1", "0.3"};
  return {
      {"tcq", "[{{tcq: {{step: {}}}}}, entropy]", steps},
      {"ecsq", "[{{ecsq: {{step: {}}}}}, entropy]", steps},
      {"dither", "[{{dither: {{step: {}}}}}, entropy]", steps},
      {"quantize", "[{{quantize: {{bits: {}}}}}, entropy]", {"3", "4", "5", "6", "8", "10"}},
      {"eden, least error", "[{{eden: {{bits: {}, scale: least_error}}}}]", {"1", "2", "3", "4"}},
      {"codebook", "[{{codebook: {{bits: {}}}}}, entropy]", {"1", "2", "3", "4", "6", "8"}},
      {"global_top_k, 6 bits", "[{{global_top_k: {{fraction: {}}}}}, {{quantize: {{bits: 6}}}}, entropy]", fractions},
      {"stc", "[{{stc: {{fraction: {}}}}}]", fractions}};
}

struct PlotOptions {
  std::vector<std::string> chains;
  CodecInput input;
  std::string out = "codecs.svg";
};

records::RatePoint point_of(const CodecFigures& figures) { return {figures.bits, figures.nmse}; }

// Shannon's curve where it is known, over the errors that the picture shows.
records::RateCurve bound_of(const std::string& source) {
  records::RateCurve curve{"Shannon's bound", {}};
  constexpr int kPoints = 200;
  for (int i = 1; i < kPoints; ++i) {
    const double nmse = std::pow(10.0, -6.0 * i / kPoints);
    if (const auto bits = compression::shannon_bits(source, nmse)) curve.points.push_back({*bits, nmse});
  }
  return curve;
}

void plot(const PlotOptions& options, const Context& context) {
  const auto x = read_input(options.input);
  for (const auto& chain : options.chains) (void)chain_of(chain, context.registry);
  records::RatePicture picture;
  picture.title = fmt::format("Bits and error of {}", options.input.name);
  picture.bound = bound_of(options.input.name);
  for (const auto& family : families()) {
    records::RateCurve curve{family.name, {}};
    for (const auto* value : family.values)
      curve.points.push_back(
          point_of(measure(fmt::format(fmt::runtime(family.chain), value), x, options.input, context.registry, 1)));
    picture.curves.push_back(std::move(curve));
  }
  for (const auto& chain : options.chains)
    picture.curves.push_back({chain, {point_of(measure(chain, x, options.input, context.registry, 1))}});
  write_file_atomically(options.out, records::svg(picture));
  fmt::print("{}: {} curves over {} elements of {}\n", options.out, picture.curves.size(), x.values.size(),
             options.input.name);
}

}  // namespace

void add_codec_plot(CLI::App& codec, Context& context) {
  auto options = std::make_shared<PlotOptions>();
  auto* command =
      codec.add_subcommand("plot", "A picture of bits and errors of all kinds of chains, with Shannon's curve");
  command->add_option("--codec", options->chains, "A chain to draw besides; may be repeated")->allow_extra_args(false);
  command->add_option("--input", options->input.name,
                      "gaussian, laplace, ggd, a model (.brume) or a file of little-endian float32");
  command->add_option("--elements", options->input.elements, "How many are drawn")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 28));
  command->add_option("--out", options->out, "The picture's file");
  command->callback([options, &context] { plot(*options, context); });
}

}  // namespace brume::cli

#include "compression/codebook.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "brume/error.hpp"
#include "compression/values.hpp"

namespace brume::compression {

namespace {

constexpr std::int64_t kMostBits = 8;
constexpr std::size_t kBins = 4096;
constexpr int kMostRounds = 100;

// Where values lie: `kBins` of equal width from the least to the largest, with prefix sums of their contents.
struct Bins {
  double least = 0;
  double per_width = 0;  // bins in a unit; 0 if all values are equal
  std::array<double, kBins + 1> counts{};
  std::array<double, kBins + 1> sums{};

  std::size_t of(float value) const {
    return std::min(static_cast<std::size_t>((static_cast<double>(value) - least) * per_width), kBins - 1);
  }
  double centre(std::size_t bin) const {
    return least + (per_width > 0 ? (static_cast<double>(bin) + 0.5) / per_width : 0);
  }
};

Bins bins_of(std::span<const float> values) {
  Bins bins;
  if (values.empty()) return bins;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double width = static_cast<double>(*high) - static_cast<double>(*low);
  bins.least = static_cast<double>(*low);
  bins.per_width = width > 0 ? static_cast<double>(kBins) / width : 0;
  if (!std::isfinite(bins.per_width)) bins.per_width = 0;  // denormals: as good as equal
  for (const float value : values) {
    const auto bin = bins.of(value);
    bins.counts[bin + 1] += 1;
    bins.sums[bin + 1] += static_cast<double>(value);
  }
  for (std::size_t i = 0; i < kBins; ++i) {
    bins.counts[i + 1] += bins.counts[i];
    bins.sums[i + 1] += bins.sums[i];
  }
  return bins;
}

using Table = std::vector<double>;

// The first bin of each entry: those whose centres are nearer to it than to the entry before. One more for the end.
std::vector<std::size_t> borders(const Bins& bins, const Table& table) {
  std::vector<std::size_t> first(table.size() + 1, 0);
  first.back() = kBins;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const double middle = (table[i - 1] + table[i]) / 2;
    std::size_t bin = first[i - 1];
    while (bin < kBins && bins.centre(bin) < middle) ++bin;
    first[i] = bin;
  }
  return first;
}

// Lloyd's two steps until no border moves; entries without values stay where they are.
std::vector<std::size_t> cluster(const Bins& bins, Table& table) {
  auto first = borders(bins, table);
  for (int round = 0;; ++round) {
    for (std::size_t i = 0; i < table.size(); ++i) {
      const double count = bins.counts[first[i + 1]] - bins.counts[first[i]];
      if (count > 0) table[i] = (bins.sums[first[i + 1]] - bins.sums[first[i]]) / count;
    }
    if (round == kMostRounds) return first;
    auto next = borders(bins, table);
    if (next == first) return first;
    first = std::move(next);
  }
}

}  // namespace

void Codebook::declare(Options& options) {
  options.integer({"bits", "of each symbol: there are 2^bits shared values a block"}, bits_,
                  Range::between(1, static_cast<double>(kMostBits)));
}

std::vector<std::byte> Codebook::parameters() const { return {static_cast<std::byte>(bits_)}; }

void Codebook::set_parameters(std::span<const std::byte> parameters) {
  if (parameters.size() != 1 || parameters[0] < std::byte{1} || parameters[0] > std::byte{kMostBits})
    throw FormatError("stage 'codebook' has invalid parameters");
  bits_ = std::to_integer<std::int64_t>(parameters[0]);
}

void Codebook::encode(Block& block, Stream& /*stream*/, State& /*state*/) const {
  require_finite(block.values);
  const auto bins = bins_of(block.values);
  Table table(entries());
  const double width = bins.per_width > 0 ? static_cast<double>(kBins) / bins.per_width : 0;
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = bins.least + width * (static_cast<double>(i) + 0.5) / static_cast<double>(table.size());
  const auto first = cluster(bins, table);
  std::array<std::int32_t, kBins> symbol_of{};
  const auto middle = static_cast<std::int32_t>(entries() / 2);
  for (std::size_t i = 0; i < table.size(); ++i)
    std::fill(symbol_of.begin() + static_cast<std::ptrdiff_t>(first[i]),
              symbol_of.begin() + static_cast<std::ptrdiff_t>(first[i + 1]), static_cast<std::int32_t>(i) - middle);
  block.symbols.resize(block.values.size());
  block.symbol_bits = static_cast<int>(bits_);
  for (std::size_t i = 0; i < block.values.size(); ++i) block.symbols[i] = symbol_of[bins.of(block.values[i])];
  for (const double entry : table) put_value(block.side, static_cast<float>(entry));
}

void Codebook::decode(Block& block) const {
  const auto table = take_values(block.side, entries());
  const auto middle = static_cast<std::int32_t>(entries() / 2);
  block.values.resize(block.symbols.size());
  for (std::size_t i = 0; i < block.symbols.size(); ++i)
    block.values[i] = table[static_cast<std::size_t>(block.symbols[i] + middle) & (entries() - 1)];
  block.symbols.clear();
  block.symbol_bits = 0;
}

BlockStage::Cost Codebook::cost(std::size_t /*count*/, Cost before) const {
  return {before.side_bytes + entries() * sizeof(float), before.values, static_cast<int>(bits_), before.varies};
}

}  // namespace brume::compression

#include "compression/global_top_k.hpp"

#include "brume/error.hpp"
#include "compression/gaps.hpp"
#include "compression/largest.hpp"
#include "compression/share.hpp"
#include "compression/values.hpp"

namespace brume::compression {

void GlobalTopK::declare(Options& options) {
  options.number({"fraction", "of the elements that is sent"}, fraction_, Range{0, 1, true});
  options.word({"of", "what the largest elements are chosen from: the whole vector, or each tensor alike"}, of_,
               {"vector", "tensors"});
}

std::vector<std::byte> GlobalTopK::parameters() const {
  auto bytes = fraction_parameters(fraction_);
  bytes.push_back(static_cast<std::byte>(of_ == "tensors" ? 1 : 0));
  return bytes;
}

void GlobalTopK::set_parameters(std::span<const std::byte> parameters) {
  if (parameters.empty() || parameters.back() > std::byte{1})
    throw FormatError("stage 'global_top_k' has invalid parameters");
  of_ = parameters.back() == std::byte{1} ? "tensors" : "vector";
  fraction_ = fraction_from(parameters.first(parameters.size() - 1), "global_top_k");
}

std::shared_ptr<const Stage> GlobalTopK::scaled(double times) const {
  auto other = std::make_shared<GlobalTopK>(*this);
  other->fraction_ *= times;
  return other;
}

Layout GlobalTopK::leaves(const Layout& layout) const {
  std::size_t kept = 0;
  if (of_ == "vector") {
    kept = share_of(fraction_, layout.size());
  } else {
    for (const auto& tensor : layout.tensors()) kept += share_of(fraction_, tensor.size());
  }
  if (kept == 0) return Layout({});
  return Layout({{"values", {static_cast<std::int64_t>(kept)}, TensorRole::trainable}});
}

std::size_t GlobalTopK::most_side_bytes(const Layout& layout) const {
  return most_gaps_bytes(leaves(layout).size(), layout.size());
}

std::vector<std::uint64_t> GlobalTopK::positions(std::span<const float> values, const Layout& layout) const {
  std::vector<std::uint64_t> positions;
  const auto add = [&](std::size_t first, std::size_t count) {
    if (count == 0) return;
    for (const auto position : largest(values.subspan(first, count), share_of(fraction_, count)))
      positions.push_back(first + position);
  };
  if (of_ == "vector") {
    add(0, values.size());
  } else {
    for (std::size_t i = 0; i < layout.tensors().size(); ++i) add(layout.offset(i), layout.tensors()[i].size());
  }
  return positions;
}

Reduced GlobalTopK::encode(std::span<const float> values, const Layout& layout, std::string_view /*vector*/,
                           Stream& /*stream*/, State& /*state*/) const {
  require_finite(values);
  Reduced reduced;
  const auto kept = positions(values, layout);
  reduced.values.reserve(kept.size());
  for (const auto position : kept) reduced.values.push_back(values[position]);
  write_gaps(kept, values.size(), reduced.side);
  return reduced;
}

void GlobalTopK::decode(const Reduced& reduced, const Layout& /*layout*/, std::span<float> out) const {
  const auto kept = read_gaps(reduced.side, reduced.values.size(), out.size());
  std::fill(out.begin(), out.end(), 0.0F);
  for (std::size_t i = 0; i < kept.size(); ++i) out[kept[i]] = reduced.values[i];
}

}  // namespace brume::compression

#pragma once

#include "brume/codec.hpp"

namespace brume::compression {

/// Weight sharing (Han et al. 2016, Deep compression, §3, arXiv 1510.00149): the values of a block are replaced by
/// 2^bits shared ones, found by k-means (Lloyd 1982) from centroids that start evenly spaced between the least and the
/// largest. Values are sorted into 4,096 bins first, whose contents stay together; the centroids are the means of what
/// they stand for, so that it is a contraction.
class Codebook final : public BlockStage {
 public:
  void declare(Options& options) override;
  std::uint8_t id() const override { return 15; }
  std::uint8_t version() const override { return 1; }
  CodecTraits traits() const override { return {.unbiased = false, .contraction = true}; }
  std::vector<std::byte> parameters() const override;
  void set_parameters(std::span<const std::byte> parameters) override;
  void encode(Block& block, Stream& stream, State& state) const override;
  void decode(Block& block) const override;
  Cost cost(std::size_t count, Cost before) const override;

 private:
  std::size_t entries() const { return std::size_t{1} << bits_; }
  std::int64_t bits_ = 4;
};

}  // namespace brume::compression

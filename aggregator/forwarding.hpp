#pragma once

#include <map>
#include <span>
#include <vector>

#include "brume/aggregate.hpp"
#include "messages/messages.hpp"

namespace brume::aggregator {

/// The updates behind a sum, as their devices encoded them: a part may carry these in the place of the sum where they
/// are shorter (compression/FRAME.md, containers). Whoever gets them adds them up itself, to the same bits.
class Forwarding {
 public:
  /// `most_bytes`: with more than that in all they are not kept.
  explicit Forwarding(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// One update by device.
  struct One {
    std::vector<EncodedVector> vectors;
    std::vector<NamedScalar> scalars;
    template <class Archive>
    void describe(Archive& archive) {
      archive(vectors, scalars);
    }
  };
  void add(DeviceIndex device, One one);
  /// Something was folded that does not consist of updates.
  void give_up();
  /// All of them by device, or null if not all were kept, or there are none.
  Frame encode() const;

  template <class Archive>
  void describe(Archive& archive) {
    archive(updates_, bytes_, complete_);
  }

 private:
  std::size_t most_bytes_;
  std::map<DeviceIndex, One> updates_;
  std::size_t bytes_ = 0;
  bool complete_ = true;
};

/// Whether a part's frame has updates in the place of their sum.
bool is_forwarded(std::span<const std::byte> frame);
/// What was encoded, of `count` devices. Throws FormatError for another number, and for other vectors.
std::vector<Forwarding::One> read_forwarded(std::span<const std::byte> frame, std::size_t count,
                                            const std::vector<VectorSpec>& vectors,
                                            const std::vector<std::string>& scalars);

}  // namespace brume::aggregator

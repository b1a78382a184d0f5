#pragma once

#include "compression/none.hpp"

namespace brume::compression {

/// The name of what fog nodes do by default: their partial sums are packed losslessly (core/PARTIAL.md). It stands
/// alone in `fog_uplink` and is no stage of a frame.
class Exact final : public None {
 public:
  std::uint8_t id() const override { return 127; }
};

}  // namespace brume::compression

#pragma once

#include <cstdint>
#include <string_view>

#include "brume/time.hpp"
#include "messages/messages.hpp"

namespace brume::sim {

/// Something that took time at a node, for a time line. Spans of one node and lane do not overlap.
struct Span {
  enum class Lane : std::uint8_t { work, down, up };
  NodeId node;
  Lane lane = Lane::work;
  std::string_view name;  ///< "train", or the message's kind
  TaskId task;
  Time start;
  Time end;
  std::uint64_t bytes = 0;  ///< that were moved
};

}  // namespace brume::sim

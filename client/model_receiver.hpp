#pragma once

#include <cassert>
#include <memory>
#include <optional>
#include <vector>

#include "brume/aggregate.hpp"
#include "brume/codec.hpp"
#include "brume/parameters.hpp"
#include "brume/training.hpp"
#include "compression/model_history.hpp"

namespace brume::client {

/// Decodes the model's frames, and those of the vectors beside it. The last few are remembered, so that many simulated
/// devices that got the same frame share one decoded model; each costs two models of memory. Not thread-safe.
class ModelReceiver {
 public:
  using Broadcast = std::shared_ptr<const std::vector<NamedVector>>;

  /// Remembers so many frames, 1 or more. One will do for a node that is a process of its own. With a `history`,
  /// versions may come as changes.
  ModelReceiver(std::shared_ptr<const Codec> downlink, LayoutPointer layout, std::size_t remembered,
                std::shared_ptr<compression::ModelHistory> history = nullptr)
      : downlink_(std::move(downlink)),
        layout_(std::move(layout)),
        remembered_(remembered),
        history_(std::move(history)) {
    assert(remembered > 0);
  }

  struct Received {
    std::shared_ptr<const Parameters> model;
    std::shared_ptr<const Digest> digest;
  };
  /// Throws FormatError for a frame that cannot be trusted.
  Received receive(const Frame& frame);
  /// Never null. Throws FormatError also for vectors that are not the ones in `specs`.
  Broadcast receive(const std::vector<EncodedVector>& vectors, const std::vector<VectorSpec>& specs);
  /// The newest version that changes can be based on, if there is one.
  std::optional<Version> holds() const {
    return history_ && !history_->empty() ? std::optional(history_->newest()) : std::nullopt;
  }

 private:
  std::shared_ptr<const Codec> downlink_;
  LayoutPointer layout_;
  std::size_t remembered_;
  std::shared_ptr<compression::ModelHistory> history_;  // null: every model comes whole
  std::vector<std::pair<Frame, Received>> recent_;
  std::vector<std::pair<Frame, Broadcast>> recent_broadcasts_;  // by the first frame
  Broadcast nothing_ = std::make_shared<const std::vector<NamedVector>>();
};

}  // namespace brume::client

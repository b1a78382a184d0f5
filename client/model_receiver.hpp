#pragma once

#include <memory>
#include <vector>

#include "brume/codec.hpp"
#include "brume/parameters.hpp"

namespace brume::client {

/// Decodes the model's frames. The last few are remembered, so that many simulated devices that got the same frame
/// share one decoded model. Not thread-safe.
class ModelReceiver {
 public:
  ModelReceiver(std::shared_ptr<const Codec> downlink, LayoutPointer layout)
      : downlink_(std::move(downlink)), layout_(std::move(layout)) {}

  struct Received {
    std::shared_ptr<const Parameters> model;
    std::shared_ptr<const Digest> digest;
  };
  /// Throws FormatError for a frame that cannot be trusted.
  Received receive(const Frame& frame);

 private:
  std::shared_ptr<const Codec> downlink_;
  LayoutPointer layout_;
  std::vector<std::pair<Frame, Received>> recent_;
};

}  // namespace brume::client

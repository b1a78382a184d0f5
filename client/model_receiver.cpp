#include "client/model_receiver.hpp"

namespace brume::client {

namespace {

constexpr std::size_t kRemembered = 2;

}  // namespace

ModelReceiver::Received ModelReceiver::receive(const Frame& frame) {
  for (const auto& [known, received] : recent_)
    if (known == frame) return received;
  auto model = std::make_shared<Parameters>(layout_);
  downlink_->decode(*frame, *layout_, model->values());
  auto digest = std::make_shared<const Digest>(model->digest());
  if (recent_.size() == kRemembered) recent_.erase(recent_.begin());
  recent_.emplace_back(frame, Received{std::move(model), std::move(digest)});
  return recent_.back().second;
}

}  // namespace brume::client

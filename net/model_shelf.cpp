#include "net/model_shelf.hpp"

#include <utility>

namespace brume::net {

void ModelShelf::announce(Version version) {
  if (newest_ && version <= *newest_) return;
  newest_ = version;
  children_.announce(version);
}

void ModelShelf::put(Version version, const Frame& model) {
  if (children_.followers() == 0) return model_.reset();
  if (model_ && version <= model_->version) return;
  model_ = ModelMessage{version, model};
  for (const auto& child : std::exchange(waiting_, {})) send(child);
}

void ModelShelf::fetch(NodeId child) {
  if (!newest_ || !children_.follows(child) || children_.sends_model(child)) return;
  const auto sent = sent_.find(child);
  const bool newer = model_ && (sent == sent_.end() || sent->second < model_->version);
  if (newer && model_->version >= *newest_) return send(child);
  if (sent == sent_.end() || sent->second < *newest_) waiting_.insert(child);
}

void ModelShelf::send(NodeId child) {
  sent_[child] = model_->version;
  children_.send(child, *model_);
}

void ModelShelf::leave(NodeId child) {
  waiting_.erase(child);
  sent_.erase(child);
}

}  // namespace brume::net

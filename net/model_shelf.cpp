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
  if (newest_ && version < *newest_) return;
  for (const auto& child : std::exchange(waiting_, {})) children_.send(child, *model_);
}

void ModelShelf::fetch(NodeId child) {
  if (!newest_) return;
  if (model_ && model_->version >= *newest_) return children_.send(child, *model_);
  waiting_.insert(child);
}

}  // namespace brume::net

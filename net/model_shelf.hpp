#pragma once

#include <map>
#include <optional>
#include <set>

#include "net/children.hpp"

namespace brume::net {

/// The newest model, for those below that want it for use. They hear which version there is, and fetch it if no task
/// has brought it; each gets a version once, and one version at a time.
class ModelShelf {
 public:
  explicit ModelShelf(Children& children) : children_(children) {}

  /// There is a model of that version, here or above.
  void announce(Version version);
  /// Here it is. Kept while anybody below follows; goes to those who wait for one.
  void put(Version version, const Frame& model);
  /// Sends what is newer than what the child has, or has it wait.
  void fetch(NodeId child);
  void leave(NodeId child);

  std::optional<Version> newest() const { return newest_; }
  /// Whether somebody waits for a model that is not here.
  bool wanted() const { return !waiting_.empty(); }

 private:
  void send(NodeId child);
  Children& children_;
  std::optional<Version> newest_;
  std::optional<ModelMessage> model_;
  std::set<NodeId> waiting_;
  std::map<NodeId, Version> sent_;  // to each child, the latest
};

}  // namespace brume::net

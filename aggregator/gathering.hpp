#pragma once

#include <set>
#include <utility>
#include <vector>

#include "messages/events.hpp"

namespace brume::aggregator {

/// Collects the ranks of available devices from the fog nodes below, window by window.
class Gathering {
 public:
  struct Offer {
    std::uint64_t rank = 0;
    NodeId child;
    template <class Archive>
    void describe(Archive& archive) {
      archive(rank, child);
    }
  };

  Gathering(Version version, RankWindow window, const std::set<NodeId>& children);
  Gathering() = default;  ///< for reading from an archive

  InviteMessage invite() const { return {version_, window_}; }
  Version version() const { return version_; }
  const RankWindow& window() const { return window_; }

  /// Takes an offer for the present window; ignores any other, and ranks outside of it.
  void add(NodeId from, const OfferMessage& offer);
  /// A node that left is not waited for; one that came is.
  void leave(NodeId node);
  void join(NodeId node);
  const std::set<NodeId>& members() const { return members_; }
  /// Those who have not offered are not waited for any more, nor asked again.
  void leave_silent();
  bool complete() const { return waiting_.empty(); }

  /// Goes on with the ranks after the present window, among those who have not left.
  void widen(std::uint64_t last);

  /// All offers so far, by rank, each rank once.
  std::vector<Offer> offers() const;

  template <class Archive>
  void describe(Archive& archive);

 private:
  Version version_ = 0;
  RankWindow window_;
  std::set<NodeId> members_;
  std::set<NodeId> waiting_;
  std::vector<Offer> offers_;
};

}  // namespace brume::aggregator

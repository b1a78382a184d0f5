#pragma once

#include <map>
#include <vector>

#include "messages/events.hpp"

namespace brume::aggregator {

/// The outcomes that a node has told the nodes directly below it and that these have not acknowledged yet. A receipt
/// each; whoever comes back hears it again.
class Settlement {
 public:
  /// `children`: what the receipts' devices are, devices or fog nodes.
  explicit Settlement(NodeId::Role children) : children_(children) {}

  /// Tells the outcomes, behind the persist `after`, and remembers them.
  void tell(Version version, std::vector<Receipt> receipts, std::optional<Token> after, Actions& actions);
  /// Tells once more what this node has not acknowledged.
  void tell_again(NodeId node, Actions& actions) const;
  /// The same of one task. Whether this remembers it: a verdict that all of a batch have acknowledged is forgotten.
  bool tell_again(NodeId node, const TaskId& task, Actions& actions) const;
  void acknowledge(NodeId from, const TaskId& task);
  /// After a restart every record is on disk.
  void restart();

  template <class Archive>
  void describe(Archive& archive) {
    archive(batches_);
  }

 private:
  struct Batch {
    std::vector<Receipt> receipts;  // by device, then attempt
    std::uint64_t open = 0;
    std::optional<Token> after;  // the persist that stands behind them
    template <class Archive>
    void describe(Archive& archive) {
      archive(receipts, open, after);
    }
  };
  SettledMessage message(Version version, const Receipt& receipt) const;
  NodeId node_of(const Receipt& receipt) const { return {children_, receipt.device}; }

  NodeId::Role children_;
  std::map<Version, std::vector<Batch>> batches_;
};

/// What a status means once it is settled.
Outcome outcome_of(Status status);

}  // namespace brume::aggregator

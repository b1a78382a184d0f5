#pragma once

#include <map>
#include <memory>

#include "federation/contract.hpp"
#include "net/children.hpp"
#include "net/model_shelf.hpp"
#include "net/node.hpp"
#include "net/parent.hpp"
#include "net/role_host.hpp"

namespace brume::net {

/// A fog node's process. What it is to do it learns from the node above, once; from then on it serves those below
/// whether that node answers or not.
class FogProcess final : public Node, private Children::User, private Parent::User, private RoleHost::World {
 public:
  /// `registry` has what combines updates: algorithms, codecs, selections.
  FogProcess(NodeFile file, Registry registry);
  ~FogProcess() override;

 private:
  void begin(federation::Contract contract, std::uint64_t seed);
  void report_census();
  void on_look_after() override { parent_tls_.reload(); }
  std::optional<std::uint64_t> number_for(const Session& session, std::uint64_t number);
  void on_verdict(const wire::Envelope& envelope);
  void fetch_if_wanted();
  void mind_disk();

  // Node
  nlohmann::ordered_json status() const override;
  std::string not_ready_because() const override;
  void add_metrics(MetricsPage& page) const override;
  void drain() override { stop(0, "drained: what has been stored goes on after the next start"); }
  void close() override;
  void on_revocations() override;
  bool renew(const std::string& new_key) override;
  void on_certificate() override;

  // Children::User
  std::string not_ready() const override;
  std::string no_member(NodeId node) const override;
  void welcome(NodeId node, const std::string& known, wire::Welcome& welcome) const override;
  Digest layout() const override { return contract_.layout->digest(); }
  MessageLimits limits(NodeId::Role sender) const override { return part_->most_from(sender); }
  void on_joined(const Joined& child) override;
  void on_left(NodeId child) override;
  void on_message(NodeId child, Message message) override;
  void on_census() override { report_census(); }
  void on_certificate_request(Session& session, const wire::Envelope& envelope) override;
  void on_request(Session& session, const wire::Envelope& envelope) override;

  // Parent::User
  std::string contract_digest() const override;
  void on_contract(const wire::Welcome& welcome) override;
  void on_welcome(const wire::Welcome& /*welcome*/) override {}
  void describe(wire::Ready& ready) const override;
  void on_joined() override;
  void on_left() override { host_->tell(Left{kParent}); }
  void on_message(Message message) override;
  void on_envelope(const wire::Envelope& envelope) override;
  bool on_refused(const wire::Refusal& refusal) override;

  std::string no_parent(NodeId node) const override;
  MessageLimits limits() const override { return part_->most_from_above(); }

  // RoleHost::World
  void send(NodeId to, const Message& message) override;
  void train(const Train& /*action*/) override { fail("a fog node was asked to train"); }
  void evaluate(const Evaluate& /*action*/) override { fail("a fog node was asked to evaluate"); }
  void drop(const TaskId& task) override;
  void report(const RoundReport& /*round*/) override {}
  void finish() override {}
  void on_written() override { mind_disk(); }
  void fail(const std::string& problem) override { Node::fail(problem); }

  /// Whichever node is above: a fog node has one at a time.
  static constexpr NodeId kParent{};

  NodeId self_;
  federation::Contract contract_;
  std::uint64_t seed_ = 0;
  std::unique_ptr<federation::CombiningPart> part_;
  Registry registry_;
  TlsContext parent_tls_;
  fog_node::FogNode* fog_node_ = nullptr;
  std::unique_ptr<RoleHost> host_;
  std::unique_ptr<Children> children_;
  std::unique_ptr<ModelShelf> shelf_;
  std::unique_ptr<Parent> parent_;
  std::uint64_t census_ = 0;
  /// Whom an answer of the aggregator is for.
  struct Asking {
    std::uint64_t session = 0;
    std::uint64_t number = 0;
    SteadyTime since{};
  };
  std::map<std::uint64_t, Asking> asking_;  // by the number under which it was passed on
  std::uint64_t last_asked_ = 0;
  std::optional<Version> fetching_;  // the newest model for which the parent was asked on this connection
  std::optional<NodeId> home_;       // the node above, once it is known: parts are owed to it
};

}  // namespace brume::net

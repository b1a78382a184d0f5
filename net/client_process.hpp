#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <set>

#include "brume/registry.hpp"
#include "client/client.hpp"
#include "configs/presets.hpp"
#include "federation/assembly.hpp"
#include "net/contract_store.hpp"
#include "net/homes.hpp"
#include "net/local_work.hpp"
#include "net/measured_pace.hpp"
#include "net/model_export.hpp"
#include "net/node.hpp"
#include "net/parent.hpp"
#include "net/role_host.hpp"

namespace brume::net {

/// What a client is made with.
struct ClientParts {
  Registry registry;
  configs::Presets presets;
  std::shared_ptr<const LearningBackend> backend;
};

/// A device's process. What it is to train it learns from the node above; its data stay here.
class ClientProcess final : public Node, private Parent::User, private RoleHost::World {
 public:
  ClientProcess(NodeFile file, ClientParts parts);
  ~ClientProcess() override;

 private:
  void begin(StoredContract stored);
  void take_model(Version version, const Frame& model);
  void on_settled(const SettledMessage& settled);
  void on_verdict(const wire::Verdict& verdict);
  std::vector<TaskId> tasks_to_ask_about() const;
  void ask_for_verdicts();
  void on_newer_model(Version version);
  std::shared_ptr<const FederatedData> data_for(const configs::Document& document) const;
  std::optional<Pace> pace_for(const configs::Document& document, const federation::Assembly& assembly);

  // Node
  nlohmann::ordered_json status() const override;
  std::string not_ready_because() const override;
  void add_metrics(MetricsPage& page) const override;
  void drain() override;
  void on_look_after() override;
  void close() override;
  bool renew(const std::string& new_key) override;
  void on_revocations() override { parent_->check_revocations(); }

  // Parent::User
  std::string contract_digest() const override;
  void on_contract(const wire::Welcome& welcome) override;
  void on_welcome(const wire::Welcome& /*welcome*/) override {}
  void describe(wire::Ready& ready) const override;
  std::string no_parent(NodeId /*node*/) const override { return {}; }
  MessageLimits limits() const override { return limits_; }
  void on_joined() override;
  void on_left() override { host_->tell(Left{kParent}); }
  void on_message(Message message) override;
  void on_envelope(const wire::Envelope& envelope) override;
  bool on_refused(const wire::Refusal& refusal) override;

  // RoleHost::World
  void send(NodeId to, const Message& message) override;
  void train(const Train& action) override;
  void on_work(Event event);
  void evaluate(const Evaluate& /*action*/) override { fail("a client was asked to evaluate"); }
  void drop(const TaskId& task) override;
  void report(const RoundReport& /*round*/) override {}
  void finish() override {}
  void fail(const std::string& problem) override { Node::fail(problem); }

  /// Whichever node is above.
  static constexpr NodeId kParent{};

  ClientParts parts_;
  NodeId self_;
  std::optional<StoredContract> stored_;
  std::optional<federation::Assembly> assembly_;
  MessageLimits limits_;
  Homes homes_;
  boost::asio::steady_timer asking_;
  std::shared_ptr<client::ModelReceiver> receiver_;
  client::Client* client_ = nullptr;
  std::unique_ptr<RoleHost> host_;
  std::shared_ptr<Governor> governor_;  // none without limits
  std::unique_ptr<LocalWork> work_;
  MeasuredPace measured_;
  std::unique_ptr<Parent> parent_;
  std::optional<ModelExport> export_;
  Version announced_ = 0;  // the newest model that there is above
  boost::asio::steady_timer fetching_;
  std::mt19937_64 chance_{std::random_device{}()};
  std::set<TaskId> training_;  // and not stored yet
  bool draining_ = false;
  std::uint64_t trained_ = 0;
  std::atomic<std::uint64_t> slower_ = 0;  // tasks that took longer than the profile whose pace it keeps
  std::uint64_t included_ = 0;
};

}  // namespace brume::net

#pragma once

#include <map>
#include <memory>

#include "aggregator/aggregator.hpp"
#include "federation/assembly.hpp"
#include "federation/contract.hpp"
#include "net/certificate_desk.hpp"
#include "net/children.hpp"
#include "net/local_work.hpp"
#include "net/model_shelf.hpp"
#include "net/node.hpp"
#include "net/restoring.hpp"
#include "net/role_host.hpp"
#include "net/verdicts.hpp"
#include "storage/history.hpp"

namespace brume::net {

/// What an aggregator is started with, put together from its federation file.
struct AggregatorParts {
  Registry registry;
  configs::Configuration configuration;
  federation::Assembly assembly;
  federation::Contract contract;
  std::shared_ptr<const LearningBackend> backend;
};

/// The cloud's process.
class AggregatorNode final : public Node, private Children::User, private RoleHost::World {
 public:
  /// Throws RequestError when the state folder is of another federation than the file describes.
  AggregatorNode(NodeFile file, AggregatorParts parts);
  ~AggregatorNode() override;

 private:
  std::uint64_t server_seed();
  std::string federation_id();
  void check_contract();
  void keep_notes();
  void mind_disk();
  void begin_if_enough();
  void begin();
  void begin_again();
  bool goes_behind() const;
  void open_desk();
  std::string no_place(NodeId node) const;
  void put_model();
  void import_left_behind();
  void replace(std::shared_ptr<const Parameters> model);
  void imported();

  // Node
  nlohmann::ordered_json status() const override;
  std::string not_ready_because() const override { return {}; }
  void add_metrics(MetricsPage& page) const override;
  void drain() override;
  void close() override;
  void on_revocations() override;
  bool renew(const std::string& new_key) override;
  std::string import_model(const std::filesystem::path& offered) override;
  nlohmann::ordered_json rounds(std::uint64_t first) const override;

  // Children::User
  std::string not_ready() const override { return {}; }
  std::string no_member(NodeId node) const override;
  void welcome(NodeId node, const std::string& known, wire::Welcome& welcome) const override;
  Digest layout() const override { return parts_.contract.layout->digest(); }
  MessageLimits limits(NodeId::Role sender) const override { return part_->most_from(sender); }
  void on_joined(const Joined& child) override;
  void on_left(NodeId child) override;
  void on_message(NodeId child, Message message) override;
  void on_census() override { begin_if_enough(); }
  void on_certificate_request(Session& session, const wire::Envelope& envelope) override;
  void on_request(Session& session, const wire::Envelope& envelope) override;
  std::string too_new(Version newest) const override;

  // RoleHost::World
  void on_noted(Token token) override { desk_->on_noted(token, *children_); }
  void on_written() override { mind_disk(); }
  void send(NodeId to, const Message& message) override { children_->send(to, message); }
  void train(const Train& action) override;
  void evaluate(const Evaluate& action) override { work_->evaluate(action); }
  void drop(const TaskId& task) override { children_->drop(task); }
  void report(const RoundReport& round) override;
  void finish() override;
  void fail(const std::string& problem) override { Node::fail(problem); }

  AggregatorParts parts_;
  federation::Tree tree_;
  std::uint64_t seed_ = 0;
  Version behind_ = 0;  // which nodes have seen, as an operator says who restored an older copy
  std::unique_ptr<federation::CombiningPart> part_;
  std::optional<storage::History> history_;  // none before the store is laid out
  std::map<std::uint64_t, RoundReport> rounds_;
  Version written_ = 0;     // the last step that is on disk
  bool importing_ = false;  // an operator's model waits or is on its way to the disk
  aggregator::Aggregator* aggregator_ = nullptr;
  std::unique_ptr<RoleHost> host_;
  std::unique_ptr<LocalWork> work_;
  std::unique_ptr<Children> children_;
  std::unique_ptr<ModelShelf> shelf_;
  std::unique_ptr<CertificateDesk> desk_;  // none without an issuer
  boost::asio::steady_timer start_timer_;
  bool begun_ = false;
  bool finished_ = false;
  bool draining_ = false;
};

}  // namespace brume::net

#include "net/aggregator_node.hpp"

#include <algorithm>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "core/model_file.hpp"
#include "net/openssl.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::string_view kContract = "contract";
constexpr auto kComingBack = std::chrono::seconds(5);
constexpr std::string_view kId = "federation_id";
constexpr std::string_view kSeed = "server_seed";

Bytes as_bytes(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

AggregatorNode::AggregatorNode(NodeFile file, AggregatorParts parts)
    : Node(std::move(file), "aggregator", true),
      parts_(std::move(parts)),
      tree_(parts_.configuration.fog),
      start_timer_(context_) {
  check_contract();
  seed_ = server_seed();
  behind_ = version_to_go_behind(store_);
  parts_.contract.id = federation_id();
  part_ = std::make_unique<federation::CombiningPart>(parts_.contract, parts_.registry);
  store_.expect_payloads(part_->most_from(tree_.children_role(NodeId::cloud())).bytes);
  for (auto& round : history_.emplace(file_.state).rounds()) rounds_[round.round] = std::move(round);
  auto setup = parts_.assembly.aggregator_setup(
      parts_.configuration, std::make_shared<ConnectedDevices>(parts_.configuration.device_count(), children_),
      tree_.children_role(NodeId::cloud()));
  setup.seed = seed_;
  auto role = std::make_unique<RoleOf<aggregator::Aggregator>>(std::move(setup), parts_.assembly.initial_model());
  aggregator_ = &role->role;
  host_ = std::make_unique<RoleHost>(context_, std::move(role), store_, clock_, static_cast<RoleHost::World&>(*this));
  finished_ = aggregator_->finished();
  written_ = aggregator_->version();  // what was restored is on disk
  open_desk();
  children_ = std::make_unique<Children>(context_, parse_address(file_.listen), tls_, clock_, log_, file_.limits,
                                         static_cast<Children::User&>(*this));
  shelf_ = std::make_unique<ModelShelf>(*children_);
  if (aggregator_->version() > 0) shelf_->announce(aggregator_->version());
  work_ = std::make_unique<LocalWork>(
      context_, parts_.backend, parts_.assembly.training_setup(1),
      [this](Event event) { host_->tell(std::move(event)); }, [this](const std::string& problem) { fail(problem); });
  start_store(host_->on_durable());
  keep_notes();
  log_.info(
      "listening",
      {{"address", file_.listen}, {"version", aggregator_->version()}, {"parameters", parts_.contract.layout->size()}});
  if (aggregator_->version() > 0 || !aggregator_->between_rounds() || behind_ > 0) begin_again();
}

AggregatorNode::~AggregatorNode() = default;

// What belongs to this state for as long as there is one.
void AggregatorNode::keep_notes() {
  store_.put(std::string(kContract), as_bytes(parts_.contract.yaml));
  store_.put(std::string(kId), as_bytes(parts_.contract.id));
  ByteWriter seed;
  seed.u64(seed_);
  store_.put(std::string(kSeed), seed.take());
}

// What has been promised under one federation cannot be kept under another.
void AggregatorNode::check_contract() {
  const auto stored = store_.get(kContract);
  if (!stored) return;
  const std::string before(reinterpret_cast<const char*>(stored->data()), stored->size());
  if (before == parts_.contract.yaml) return;
  throw RequestError(fmt::format(
      "{} describes another federation than the state in {}: {}. Change it back, or begin "
      "with a new state folder",
      file_.federation.string(), file_.state.string(), federation::difference(before, parts_.contract.yaml)));
}

// A secret one, so that a device cannot tell when it will be selected. It stays: fog nodes rank by it.
std::uint64_t AggregatorNode::server_seed() {
  if (const auto stored = store_.get(kSeed); stored && stored->size() == 8) {
    const auto seed = ByteReader(*stored).u64();
    if (file_.reproducible && seed != parts_.assembly.seed)
      throw RequestError(
          fmt::format("{}: the state in {} was begun without 'reproducible'; begin with a new state folder",
                      file_.path.string(), file_.state.string()));
    return seed;
  }
  return file_.reproducible ? parts_.assembly.seed : ByteReader(random_bytes(8)).u64();
}

// Nodes that worked for an earlier federation of the same file must not take this one's versions for that one's.
std::string AggregatorNode::federation_id() {
  const auto bytes = store_.get(kId).value_or(random_bytes(16));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void AggregatorNode::begin_if_enough() {
  if (begun_ || draining_ || children_->devices() < static_cast<std::uint64_t>(file_.start_devices)) return;
  begin();
}

// What nodes have worked for is not given again.
bool AggregatorNode::goes_behind() const { return behind_ > 0 && aggregator_->version() <= behind_; }

void AggregatorNode::begin() {
  begun_ = true;
  start_timer_.cancel();
  log_.info("beginning", {{"devices", children_->devices()}, {"version", aggregator_->version()}});
  host_->start();
  if (!goes_behind()) return import_left_behind();
  log_.warning("goes on behind a version that nodes have seen", {{"version", behind_}});
  host_->tell(Replace{std::make_shared<const Parameters>(aggregator_->model()), behind_ + 1, true});
}

// After a restart an open round goes on at once; a new one waits a little for those who are on their way back.
void AggregatorNode::begin_again() {
  if (!aggregator_->between_rounds() || goes_behind()) return begin();
  start_timer_.expires_after(kComingBack);
  start_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !begun_) begin();
  });
}

// Anywhere in the tree.
std::string AggregatorNode::no_place(NodeId node) const {
  const bool device = node.role == NodeId::Role::device && node.index < parts_.configuration.device_count();
  const bool fog = node.role == NodeId::Role::fog && node.index < tree_.fog_nodes();
  if (device || fog) return {};
  return fmt::format("{} has no place in this federation of {} devices and {} fog nodes", to_text(node),
                     parts_.configuration.device_count(), tree_.fog_nodes());
}

std::string AggregatorNode::no_member(NodeId node) const {
  if (auto why = no_place(node); !why.empty()) return why;
  const bool direct = node.role == tree_.children_role(NodeId::cloud()) &&
                      (node.role == NodeId::Role::device || tree_.parent_of(node) == NodeId::cloud());
  return direct ? std::string() : fmt::format("{} has no place directly below the aggregator", to_text(node));
}

void AggregatorNode::welcome(NodeId node, const std::string& known, wire::Welcome& welcome) const {
  fill_welcome(parts_.contract, known, welcome);
  if (node.role == NodeId::Role::fog) welcome.set_server_seed(seed_);
}

void AggregatorNode::on_message(NodeId child, Message message) {
  host_->tell(Received{child, std::move(message)});
  mind_disk();
}

void AggregatorNode::mind_disk() { children_->pause_reading(disk_is_behind(children_->paused())); }

void AggregatorNode::on_left(NodeId child) {
  shelf_->leave(child);
  host_->tell(Left{child});
}

void AggregatorNode::on_joined(const Joined& child) {
  host_->tell(child);
  children_->send(child.node, revocations());
}

void AggregatorNode::train(const Train& /*action*/) { fail("an aggregator was asked to train"); }

void AggregatorNode::report(const RoundReport& round) {
  rounds_[round.round] = round;
  written_ = round.round;
  if (brume::imported(round)) imported();
  log_.info("round", {{"round", round.round},
                      {"included", round.included},
                      {"late", round.late},
                      {"refused", round.refused},
                      {"failed", round.failed},
                      {"training_loss", round.training_loss},
                      {"accuracy", round.metrics ? fmt::format("{:.4f}", round.metrics->accuracy) : "-"}});
  shelf_->announce(round.round);
  put_model();
  if (draining_) stop(0, "drained: the next round begins after the next start");
}

void AggregatorNode::finish() {
  finished_ = true;
  if (draining_) stop(0, "drained");
  log_.info("finished",
            {{"rounds", rounds_.size()}, {"parameters_sha256", digest_text(aggregator_->model().digest())}});
}

// Ends with the round that is open; what came of it is settled first.
void AggregatorNode::drain() {
  draining_ = true;
  if (!begun_ || finished_ || aggregator_->between_rounds()) stop(0, "drained");
}

void AggregatorNode::close() {
  if (host_) host_->close();
  start_timer_.cancel();
  children_->close_all();
  work_.reset();
}

nlohmann::ordered_json AggregatorNode::status() const {
  return {{"federation", parts_.configuration.federation.name},
          {"version", aggregator_->version()},
          {"rounds", parts_.configuration.federation.rounds},
          {"finished", finished_},
          {"begun", begun_},
          {"children", children_->connected()},
          {"devices", children_->devices()},
          {"unwritten", host_->unwritten()},
          {"received_bytes", children_->counters().received_bytes},
          {"sent_bytes", children_->counters().sent_bytes},
          {"parameters_sha256", digest_text(aggregator_->model().digest())},
          {"port", children_->port()}};
}

nlohmann::ordered_json AggregatorNode::rounds(std::uint64_t first) const {
  auto list = nlohmann::ordered_json::array();
  for (auto round = rounds_.lower_bound(first); round != rounds_.end(); ++round) list.push_back(to_json(round->second));
  return list;
}

void AggregatorNode::add_metrics(MetricsPage& page) const {
  page.gauge("version", "of the global model", static_cast<double>(aggregator_->version()));
  page.gauge("finished", "1 after the last round", finished_ ? 1 : 0);
  page.gauge("devices", "connected here or below", static_cast<double>(children_->devices()));
  std::uint64_t included = 0, late = 0, refused = 0, failed = 0;
  for (const auto& [number, round] : rounds_)
    included += round.included, late += round.late, refused += round.refused, failed += round.failed;
  page.counter("updates_included_total", "updates in the model", static_cast<double>(included));
  page.counter("updates_late_total", "updates that came too late", static_cast<double>(late));
  page.counter("updates_refused_total", "updates that could not be used", static_cast<double>(refused));
  page.counter("updates_failed_total", "tasks that devices could not do", static_cast<double>(failed));
  if (desk_) {
    page.counter("certificates_issued_total", "by renewal and enrolment",
                 static_cast<double>(desk_->counters().issued));
    page.counter("certificates_refused_total", "requests refused", static_cast<double>(desk_->counters().refused));
  }
  add_children(*children_, page);
}

}  // namespace brume::net

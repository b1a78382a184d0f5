#include "net/client_process.hpp"

#include <algorithm>

#include "brume/error.hpp"
#include "configs/plugins.hpp"
#include "federation/own_data.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr auto kBetweenQuestions = std::chrono::seconds(15);
constexpr std::chrono::milliseconds kLongestWaitForModel{3000};

}  // namespace

ClientProcess::ClientProcess(NodeFile file, ClientParts parts)
    : Node(std::move(file), "client", false),
      parts_(std::move(parts)),
      homes_(store_),
      asking_(context_),
      fetching_(context_) {
  if (!tls_.own() || tls_.own()->node.role != NodeId::Role::device)
    throw RequestError(fmt::format("{}: the certificate is not a device's", file_.tls.certificate.string()));
  self_ = tls_.own()->node;
  if (!file_.model_dir.empty() || !file_.on_model.empty()) export_.emplace(file_.model_dir, file_.on_model, log_);
  if (file_.device_limits.any())
    governor_ = std::make_shared<Governor>(
        file_.device_limits, std::make_unique<LinuxSensors>(file_.sensors), [this](const std::string& why) {
          why.empty() ? log_.info("training goes on") : log_.info("training pauses", {{"why", why}});
        });
  parent_ = std::make_unique<Parent>(context_, file_.dial, file_.proxy, tls_, clock_, log_, file_.limits,
                                     static_cast<Parent::User&>(*this));
  if (auto stored = read_contract(store_)) begin(std::move(*stored));
  parent_->start();
}

ClientProcess::~ClientProcess() = default;

std::shared_ptr<const FederatedData> ClientProcess::data_for(const configs::Document& document) const {
  if (file_.federation_data) return federation::federation_data(document);
  const auto seed = static_cast<std::uint64_t>(document.configuration.federation.seed);
  return federation::own_data(*file_.dataset, file_.path.parent_path(), self_.index, seed, parts_.registry);
}

// What a simulation of this federation says that a task takes here.
std::optional<Pace> ClientProcess::pace_for(const configs::Document& document, const federation::Assembly& assembly) {
  if (!file_.profile_pace) return {};
  const auto timing = federation::timing_of(document.configuration.group_of(self_.index).profile, assembly.facts,
                                            assembly.plan, document.path.parent_path());
  return Pace{
      [this, timing](const TaskId& task) { return timing.of(assembly_->seed, task, assembly_->examples_of(task)); },
      [this](const TaskId& task, Duration late) {
        ++slower_;
        log_.warning("slower than its profile", {{"version", task.version}, {"late_s", in_seconds(late)}});
      }};
}

void ClientProcess::begin(StoredContract stored) {
  configs::require_plugins(stored.contract.yaml, "client", parts_.registry);
  const auto document = configs::read_document_text(stored.contract.yaml, "the aggregator's contract", {},
                                                    parts_.registry, parts_.presets);
  if (self_.index >= document.configuration.device_count())
    throw RequestError(fmt::format("{} has no place in this federation of {} devices", to_text(self_),
                                   document.configuration.device_count()));
  auto assembly = federation::assemble_for_device(document, data_for(document));
  if (assembly.facts.layout->digest() != stored.contract.layout->digest())
    throw RequestError(
        fmt::format("with the data here ({} features, {} classes) model '{}' has {} parameters, in this federation {}",
                    assembly.data->shape().text(), assembly.data->shape().classes, document.configuration.model.name,
                    assembly.facts.layout->size(), stored.contract.layout->size()));
  auto pace = pace_for(document, assembly);
  stored_ = std::move(stored);
  assembly_ = std::move(assembly);
  limits_ = federation::CombiningPart(stored_->contract, parts_.registry).most_from_above();
  const auto& layout = assembly_->facts.layout;
  receiver_ = std::make_shared<client::ModelReceiver>(
      assembly_->downlink, layout, 1, assembly_->make_history(compression::ModelHistory::Keeps::newest));
  client::Setup setup{receiver_, std::make_shared<client::ClientStore>(), assembly_->uplink,
                      assembly_->algorithm->vectors(layout), assembly_->algorithm->broadcast(layout)};
  if (assembly_->meets_deadline) setup.pace = [this](const TaskId&) { return measured_.pace(); };
  auto role =
      std::make_unique<RoleOf<client::Client>>(self_, kParent, std::make_shared<const client::Setup>(std::move(setup)));
  client_ = &role->role;
  host_ = std::make_unique<RoleHost>(context_, std::move(role), store_, clock_, static_cast<RoleHost::World&>(*this));
  work_ = std::make_unique<LocalWork>(
      context_, parts_.backend, assembly_->training_setup(1), [this](Event event) { on_work(std::move(event)); },
      [this](const std::string& problem) { fail(problem); }, governor_, std::move(pace));
  start_store(host_->on_durable());
  log_.info("contract", {{"model", document.configuration.model.name},
                         {"parameters", layout->size()},
                         {"examples", assembly_->data->sample_count(self_.index)}});
  host_->start();
}

// ---- Above --------------------------------------------------------------------------------------------------------

std::string ClientProcess::contract_digest() const { return stored_ ? digest_bytes(stored_->contract) : std::string(); }

void ClientProcess::on_contract(const wire::Welcome& welcome) {
  auto contract = contract_from(welcome);
  if (stored_) return stop(2, federation::what_changed(stored_->contract, contract));
  try {
    begin({std::move(contract), 0});
    write_contract(store_, *stored_);
  } catch (const RequestError& error) {
    stop(2, error.what());
  } catch (const std::exception& error) {
    fail(error.what());
  }
}

void ClientProcess::describe(wire::Ready& ready) const {
  const auto& digest = assembly_->facts.layout->digest();
  ready.set_layout_digest(std::string(digest.begin(), digest.end()));
  ready.set_follows(export_.has_value());
  ready.set_newest(client_->newest());
  if (const auto holds = receiver_->holds()) ready.set_holds(*holds + 1);
}

void ClientProcess::on_settled(const SettledMessage& settled) {
  included_ += settled.outcome == Outcome::included ? 1 : 0;
  log_.info(
      "settled",
      {{"version", settled.task.version}, {"attempt", settled.task.attempt}, {"outcome", to_string(settled.outcome)}});
}

void ClientProcess::on_message(Message message) {
  if (const auto* model = std::get_if<ModelMessage>(&message)) {
    take_model(model->version, model->model);
    return on_newer_model(announced_);  // while it was on its way there may have come a newer one
  }
  if (const auto* stored = std::get_if<StoredMessage>(&message)) {
    measured_.stored(stored->task, MeasuredPace::Clock::now());
    log_.info("stored", {{"version", stored->task.version}, {"attempt", stored->task.attempt}});
  }
  if (const auto* settled = std::get_if<SettledMessage>(&message)) on_settled(*settled);
  const auto* task = std::get_if<TaskMessage>(&message);
  if (task && draining_) return;
  // Later rounds of a fog node's own start from its model, not from the global one.
  if (task && task->task.attempt == 0) take_model(task->task.version, task->model);
  const bool answered =
      std::holds_alternative<StoredMessage>(message) || std::holds_alternative<SettledMessage>(message);
  const auto about = task_of(message);
  host_->tell(Received{kParent, std::move(message)});
  if (answered) training_.erase(about);
  if (draining_ && training_.empty()) stop(0, "drained");
}

void ClientProcess::on_envelope(const wire::Envelope& envelope) {
  if (envelope.has_revocations()) return take_revocations(envelope.revocations().list());
  if (envelope.has_current()) return on_newer_model(envelope.current().version());
  if (envelope.has_verdict()) return on_verdict(envelope.verdict());
  if (!envelope.has_issued()) return;
  if (envelope.issued().problem().empty()) return take_certificate(envelope.issued().chain());
  renewal_refused(envelope.issued().problem());
}

bool ClientProcess::on_refused(const wire::Refusal& refusal) {
  stop(2, "the node above refuses this one: " + refusal.text());
  return false;
}

bool ClientProcess::renew(const std::string& new_key) {
  if (parent_->connected()) parent_->send(renewal(new_key));
  return parent_->connected();
}

void ClientProcess::on_joined() {
  homes_.arrive(parent_->identity()->node, client_->open_tasks());
  host_->tell(Joined{kParent});
  ask_for_verdicts();
}

// ---- Tasks of a node that it has left ------------------------------------------------------------------------------

// To the node above only what it knows of.
void ClientProcess::send(NodeId /*to*/, const Message& message) {
  if (homes_.elsewhere(task_of(message))) return;
  if (std::holds_alternative<UpdateMessage>(message))
    measured_.sent(task_of(message), wire_bytes(message), MeasuredPace::Clock::now());
  parent_->send(message);
}

// Those of a node that it has left; and those that hold up later ones, because whoever stored them has forgotten it: an
// aggregator that was restored from an older copy.
std::vector<TaskId> ClientProcess::tasks_to_ask_about() const {
  auto tasks = homes_.tasks_elsewhere();
  for (const auto& task : client_->in_the_way())
    if (!homes_.elsewhere(task)) tasks.push_back(task);
  std::sort(tasks.begin(), tasks.end());
  return tasks;
}

void ClientProcess::on_look_after() {
  if (export_) export_->catch_up();
  if (client_ && !client_->in_the_way().empty() && asking_.expiry() < std::chrono::steady_clock::now())
    ask_for_verdicts();
}

void ClientProcess::ask_for_verdicts() {
  if (stopped()) return;
  const auto tasks = tasks_to_ask_about();
  if (tasks.empty()) return;
  wire::Envelope envelope;  // the oldest: later ones wait for it
  put_task(tasks.front(), *envelope.mutable_ask()->mutable_task());
  parent_->send(envelope);
  asking_.expires_after(kBetweenQuestions);
  asking_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) ask_for_verdicts();
  });
}

void ClientProcess::on_verdict(const wire::Verdict& verdict) {
  const auto task = task_from(verdict.task());
  const auto asked = tasks_to_ask_about();
  if (!verdict.settled() || std::find(asked.begin(), asked.end(), task) == asked.end()) return;
  const SettledMessage settled{task, outcome_from(verdict.outcome())};
  on_settled(settled);
  host_->tell(Received{kParent, settled});
  homes_.forget(task);  // behind the record of the verdict
  training_.erase(task);
  if (draining_ && training_.empty()) stop(0, "drained");
}

// ---- The model for use ---------------------------------------------------------------------------------------------

void ClientProcess::take_model(Version version, const Frame& model) {
  if (!export_) return;
  try {
    export_->offer(version, *receiver_->receive(model).model);
  } catch (const FormatError& error) {
    log_.error("model not read", {{"why", error.what()}});
  }
}

// A task brings it to those that are selected; the others fetch it, not all at once.
void ClientProcess::on_newer_model(Version version) {
  announced_ = version;
  if (!export_ || export_->newest() >= version) return;
  std::uniform_int_distribution<std::int64_t> wait(0, kLongestWaitForModel.count());
  fetching_.expires_after(std::chrono::milliseconds(wait(chance_)));
  fetching_.async_wait([this, version](const boost::system::error_code& cancelled) {
    if (cancelled || export_->newest() >= version) return;
    wire::Envelope envelope;
    envelope.mutable_fetch();
    parent_->send(envelope);
  });
}

// Takes on nothing new, and ends when what is being trained has been stored.
void ClientProcess::drain() {
  draining_ = true;
  if (training_.empty()) stop(0, "drained");
}

// Its work has ended.
void ClientProcess::on_work(Event event) {
  if (const auto* trained = std::get_if<Trained>(&event)) measured_.trained(trained->token, MeasuredPace::Clock::now());
  host_->tell(std::move(event));
}

void ClientProcess::train(const Train& action) {
  ++trained_;
  measured_.began(action.token, MeasuredPace::Clock::now());
  training_.insert(action.job.task);
  log_.info("training", {{"version", action.job.task.version}});
  work_->train(action);
}

void ClientProcess::drop(const TaskId& task) {
  parent_->drop(task);
  work_->drop(task);
  training_.erase(task);
  measured_.forget(task);
}

void ClientProcess::close() {
  if (host_) host_->close();
  parent_->close();
  asking_.cancel();
  fetching_.cancel();
  work_.reset();
}

std::string ClientProcess::not_ready_because() const {
  if (!stored_) return "this device has not heard from the node above yet";
  return parent_->connected() ? "" : "the node above is not reached";
}

nlohmann::ordered_json ClientProcess::status() const {
  return {{"node", to_text(self_)},
          {"parent", parent_->identity() ? to_text(parent_->identity()->node) : "not connected"},
          {"trained", trained_},
          {"slower_than_profile", slower_.load()},
          {"paused", governor_ ? governor_->paused_because() : ""},
          {"included", included_},
          {"parent_received_bytes", parent_->received_bytes()},
          {"parent_sent_bytes", parent_->sent_bytes()}};
}

void ClientProcess::add_metrics(MetricsPage& page) const {
  page.gauge("parent_connected", "1 while the node above is reached", parent_->connected() ? 1 : 0);
  page.counter("parent_received_bytes_total", "from the node above", static_cast<double>(parent_->received_bytes()));
  page.counter("parent_sent_bytes_total", "to the node above", static_cast<double>(parent_->sent_bytes()));
  page.counter("tasks_trained_total", "tasks begun", static_cast<double>(trained_));
  page.counter("tasks_included_total", "verdicts 'included'", static_cast<double>(included_));
}

}  // namespace brume::net

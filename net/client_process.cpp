#include "net/client_process.hpp"

#include "brume/error.hpp"
#include "federation/own_data.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

ClientProcess::ClientProcess(NodeFile file, ClientParts parts)
    : Node(std::move(file), "client", false), parts_(std::move(parts)) {
  if (!tls_.own() || tls_.own()->node.role != NodeId::Role::device)
    throw RequestError(fmt::format("{}: the certificate is not a device's", file_.tls.certificate.string()));
  self_ = tls_.own()->node;
  if (!file_.model_dir.empty() || !file_.on_model.empty()) export_.emplace(file_.model_dir, file_.on_model, log_);
  std::vector<Address> addresses;
  for (const auto& address : file_.dial) addresses.push_back(parse_address(address));
  parent_ = std::make_unique<Parent>(context_, std::move(addresses), tls_, clock_, log_, file_.limits,
                                     static_cast<Parent::User&>(*this));
  home_ = read_home(store_);
  if (auto stored = read_contract(store_)) begin(std::move(*stored));
  parent_->start();
}

ClientProcess::~ClientProcess() = default;

std::shared_ptr<const FederatedData> ClientProcess::data_for(const configs::Document& document) const {
  if (file_.federation_data) return federation::federation_data(document);
  const auto seed = static_cast<std::uint64_t>(document.configuration.federation.seed);
  return federation::own_data(*file_.dataset, file_.path.parent_path(), self_.index, seed, parts_.registry);
}

void ClientProcess::begin(StoredContract stored) {
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
  stored_ = std::move(stored);
  assembly_ = std::move(assembly);
  limits_ = federation::CombiningPart(stored_->contract).most_from_above();
  const auto& layout = assembly_->facts.layout;
  receiver_ = std::make_shared<client::ModelReceiver>(assembly_->downlink, layout);
  auto setup = std::make_shared<const client::Setup>(
      client::Setup{receiver_, std::make_shared<client::ClientStore>(), assembly_->uplink,
                    assembly_->algorithm->vectors(layout), assembly_->algorithm->broadcast(layout)});
  host_ = std::make_unique<RoleHost>(context_, std::make_unique<RoleOf<client::Client>>(self_, kParent, setup), store_,
                                     clock_, static_cast<RoleHost::World&>(*this));
  work_ = std::make_unique<LocalWork>(
      context_, parts_.backend, assembly_->training_setup(1), [this](Event event) { host_->tell(std::move(event)); },
      [this](const std::string& problem) { fail(problem); });
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
  }
}

void ClientProcess::describe(wire::Ready& ready) const {
  const auto& digest = assembly_->facts.layout->digest();
  ready.set_layout_digest(std::string(digest.begin(), digest.end()));
}

void ClientProcess::on_message(Message message) {
  if (const auto* stored = std::get_if<StoredMessage>(&message))
    log_.info("stored", {{"version", stored->task.version}, {"attempt", stored->task.attempt}});
  if (const auto* settled = std::get_if<SettledMessage>(&message)) {
    included_ += settled->outcome == Outcome::included ? 1 : 0;
    log_.info("settled", {{"version", settled->task.version},
                          {"attempt", settled->task.attempt},
                          {"outcome", to_string(settled->outcome)}});
  }
  const auto* task = std::get_if<TaskMessage>(&message);
  if (task && draining_) return;
  if (task && export_) {
    try {
      export_->offer(task->task.version, *receiver_->receive(task->model).model);
    } catch (const FormatError& error) {
      log_.error("model not read", {{"why", error.what()}});
    }
  }
  const bool answered =
      std::holds_alternative<StoredMessage>(message) || std::holds_alternative<SettledMessage>(message);
  const auto about = task_of(message);
  host_->tell(Received{kParent, std::move(message)});
  if (answered) training_.erase(about);
  if (draining_ && training_.empty()) stop(0, "drained");
}

void ClientProcess::on_envelope(const wire::Envelope& envelope) {
  if (envelope.has_revocations()) return take_revocations(envelope.revocations().list());
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
  if (!home_) write_home(store_, *(home_ = parent_->identity()->node));
  host_->tell(Joined{kParent});
}

// Takes on nothing new, and ends when what is being trained has been stored.
void ClientProcess::drain() {
  draining_ = true;
  if (training_.empty()) stop(0, "drained");
}

void ClientProcess::train(const Train& action) {
  ++trained_;
  training_.insert(action.job.task);
  log_.info("training", {{"version", action.job.task.version}});
  work_->train(action);
}

void ClientProcess::drop(const TaskId& task) {
  parent_->drop(task);
  work_->drop(task);
  training_.erase(task);
}

void ClientProcess::close() {
  if (host_) host_->close();
  parent_->close();
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

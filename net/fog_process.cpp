#include "net/fog_process.hpp"

#include "brume/error.hpp"
#include "configs/plugins.hpp"
#include "net/contract_store.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

FogProcess::FogProcess(NodeFile file, Registry registry)
    : Node(std::move(file), "fog", true),
      registry_(std::move(registry)),
      parent_tls_(TlsContext::Side::client, files()) {
  if (!tls_.own() || tls_.own()->node.role != NodeId::Role::fog)
    throw RequestError(fmt::format("{}: the certificate is not a fog node's", file_.tls.certificate.string()));
  self_ = tls_.own()->node;
  children_ = std::make_unique<Children>(context_, parse_address(file_.listen), tls_, clock_, log_, file_.limits,
                                         static_cast<Children::User&>(*this));
  parent_ = std::make_unique<Parent>(context_, file_.dial, file_.proxy, parent_tls_, clock_, log_, file_.limits,
                                     static_cast<Parent::User&>(*this));
  shelf_ = std::make_unique<ModelShelf>(*children_);
  home_ = read_home(store_);
  if (auto stored = read_contract(store_)) {
    begin(std::move(stored->contract), stored->server_seed);
  }
  log_.info("listening", {{"address", file_.listen}, {"node", to_text(self_)}});
  parent_->start();
}

FogProcess::~FogProcess() = default;

void FogProcess::begin(federation::Contract contract, std::uint64_t seed) {
  configs::require_plugins(contract.yaml, "fog", registry_);
  auto part = std::make_unique<federation::CombiningPart>(contract, registry_);
  if (self_.index >= part->tree().fog_nodes())
    throw RequestError(
        fmt::format("{} has no place in this federation of {} fog nodes", to_text(self_), part->tree().fog_nodes()));
  part_ = std::move(part);
  contract_ = std::move(contract);
  seed_ = seed;
  auto setup = part_->fog_setup(self_, kParent, seed, std::make_shared<ConnectedDevices>(part_->devices(), children_));
  setup.most_unsettled = file_.most_unsettled;
  auto role = std::make_unique<RoleOf<fog_node::FogNode>>(std::move(setup));
  fog_node_ = &role->role;
  host_ = std::make_unique<RoleHost>(context_, std::move(role), store_, clock_, static_cast<RoleHost::World&>(*this));
  store_.expect_payloads(part_->most_from(part_->tree().children_role(self_)).bytes);
  start_store(host_->on_durable());
  host_->start();
  host_->tell(Left{kParent});  // it is not there yet
}

// ---- Above --------------------------------------------------------------------------------------------------------

std::string FogProcess::contract_digest() const { return part_ ? digest_bytes(contract_) : std::string(); }

void FogProcess::on_contract(const wire::Welcome& welcome) {
  auto contract = contract_from(welcome);
  if (part_) return stop(2, federation::what_changed(contract_, contract));
  try {
    begin(std::move(contract), welcome.server_seed());
  } catch (const RequestError& error) {
    return stop(2, error.what());
  } catch (const std::exception& error) {
    return fail(error.what());
  }
  write_contract(store_, {contract_, seed_});
  log_.info("contract", {{"devices", part_->devices()}, {"parameters", contract_.layout->size()}});
}

// Parts are owed to the node above that asked for them.
std::string FogProcess::no_parent(NodeId node) const { return other_home(home_, node); }

void FogProcess::on_joined() {
  if (!home_) write_home(store_, *(home_ = parent_->identity()->node));
  host_->tell(Joined{kParent});
  fetching_.reset();
  fetch_if_wanted();
}

void FogProcess::describe(wire::Ready& ready) const {
  const auto& digest = contract_.layout->digest();
  ready.set_layout_digest(std::string(digest.begin(), digest.end()));
  ready.set_devices(children_->devices());
  ready.set_follows(true);
  ready.set_newest(fog_node_->newest());
  if (const auto holds = fog_node_->holds()) ready.set_holds(*holds + 1);
}

bool FogProcess::on_refused(const wire::Refusal& refusal) {
  stop(2, "the node above refuses this one: " + refusal.text());
  return false;
}

void FogProcess::report_census() {
  const auto devices = children_->devices();
  if (devices == std::exchange(census_, devices) || !parent_) return;
  wire::Envelope envelope;
  envelope.mutable_census()->set_devices(devices);
  parent_->send(envelope);
}

// ---- Below --------------------------------------------------------------------------------------------------------

std::string FogProcess::not_ready() const {
  return part_ ? std::string() : "this fog node has not heard from the aggregator yet";
}
std::string FogProcess::not_ready_because() const { return not_ready(); }

std::string FogProcess::no_member(NodeId node) const {
  if (!part_) return {};  // told that it must wait
  const auto& tree = part_->tree();
  const bool fits = node.role == tree.children_role(self_) &&
                    (node.role == NodeId::Role::device ? node.index < part_->devices()
                                                       : node.index < tree.fog_nodes() && node.index > self_.index);
  return fits ? std::string()
              : fmt::format("{} has no place below {} in this federation", to_text(node), to_text(self_));
}

void FogProcess::welcome(NodeId node, const std::string& known, wire::Welcome& welcome) const {
  fill_welcome(contract_, known, welcome);
  if (node.role == NodeId::Role::fog) welcome.set_server_seed(seed_);
}

void FogProcess::on_left(NodeId child) {
  shelf_->leave(child);
  host_->tell(Left{child});
}

void FogProcess::on_joined(const Joined& child) {
  host_->tell(child);
  children_->send(child.node, revocations());
}

void FogProcess::send(NodeId to, const Message& message) {
  to == kParent ? parent_->send(message) : children_->send(to, message);
}

// Its own parts are never dropped: what is asked for are tasks of devices.
void FogProcess::drop(const TaskId& task) { children_->drop(task); }

void FogProcess::on_message(NodeId child, Message message) {
  host_->tell(Received{child, std::move(message)});
  mind_disk();
}

void FogProcess::mind_disk() { children_->pause_reading(disk_is_behind(children_->paused())); }

void FogProcess::close() {
  if (host_) host_->close();
  children_->close_all();
  parent_->close();
}

nlohmann::ordered_json FogProcess::status() const {
  return {{"node", to_text(self_)},
          {"parent", parent_->identity() ? to_text(parent_->identity()->node) : "not connected"},
          {"children", children_->connected()},
          {"devices", children_->devices()},
          {"unwritten", host_ ? host_->unwritten() : 0},
          {"received_bytes", children_->counters().received_bytes},
          {"sent_bytes", children_->counters().sent_bytes},
          {"parent_received_bytes", parent_->received_bytes()},
          {"parent_sent_bytes", parent_->sent_bytes()},
          {"port", children_->port()}};
}

void FogProcess::add_metrics(MetricsPage& page) const {
  page.gauge("parent_connected", "1 while the node above is reached", parent_->connected() ? 1 : 0);
  page.counter("parent_received_bytes_total", "from the node above", static_cast<double>(parent_->received_bytes()));
  page.counter("parent_sent_bytes_total", "to the node above", static_cast<double>(parent_->sent_bytes()));
  page.gauge("devices", "connected here or below", static_cast<double>(children_->devices()));
  add_children(*children_, page);
}

}  // namespace brume::net

#include "fog_node/fog_node.hpp"

#include <algorithm>

#include "brume/error.hpp"

namespace brume::fog_node {

namespace {

constexpr double kShareOfDeadline = 0.9;  // the rest is for the part's way up
constexpr Duration kOfferWait = std::chrono::seconds(15);
constexpr std::uint64_t kMostContributions = std::uint64_t{1} << 40;

// Updates can be sent on as they came where their sum would be exact and is no model of the node's own.
aggregator::Subtree::Setup subtree_setup(const Setup& setup) {
  const bool forwards = !setup.fog_uplink && setup.algorithm->fog_rounds() == 1;
  return {std::make_shared<const aggregator::Aggregation::Parts>(
              aggregator::Aggregation::Parts{setup.algorithm, setup.uplink, setup.fog_uplink, setup.layout, forwards}),
          setup.population, setup.children, false, setup.history};
}

}  // namespace

FogNode::FogNode(Setup setup)
    : setup_(std::move(setup)),
      subtree_(subtree_setup(setup_), tokens_),
      encoder_({setup_.algorithm, setup_.layout, setup_.fog_uplink, setup_.error_feedback}) {}

void FogNode::handle(const Event& event, Time now, Actions& actions) {
  if (std::holds_alternative<Started>(event)) return start(now, actions);
  if (const auto* received = std::get_if<Received>(&event)) {
    if (received->from == setup_.parent) return on_parent(received->message, now, actions);
    if (std::holds_alternative<OfferMessage>(received->message)) return on_offer(*received, actions);
    if (turn_away(*received)) return;
    if (const auto version = subtree_.on_message(*received, actions)) progress(*version, now, actions);
  } else if (const auto* timer = std::get_if<TimerFired>(&event)) {
    on_timer(timer->token, now, actions);
  } else if (const auto* persisted = std::get_if<Persisted>(&event)) {
    subtree_.on_persisted(persisted->token);
  } else if (const auto* joined = std::get_if<Joined>(&event)) {
    on_joined(*joined, actions);
  } else if (const auto* left = std::get_if<Left>(&event)) {
    cut_off_ = cut_off_ || left->node == setup_.parent;
    subtree_.on_left(left->node);
    if (gathering_) gathering_->leave(left->node);
    offer_if_complete(actions);
  } else if (const auto* failed = std::get_if<PersistFailed>(&event)) {
    throw Error("cannot store what was promised: " + failed->reason);
  }
}

// With what was restored. All may have been answered before the part of it was on disk.
void FogNode::start(Time now, Actions& actions) {
  std::vector<Version> versions;
  for (const auto& [version, round] : rounds_) versions.push_back(version);
  for (const auto version : versions) {
    set_timer(version, subtree_.asked(version).tasks.deadline, actions);
    subtree_.give_up_unreachable(version, actions);
    progress(version, now, actions);
  }
}

void FogNode::on_parent(const Message& message, Time now, Actions& actions) {
  if (const auto* invite = std::get_if<InviteMessage>(&message)) return on_invite(*invite, now, actions);
  if (const auto* asked = std::get_if<AssignMessage>(&message)) return on_assign(*asked, now, actions);
  if (const auto* close = std::get_if<CloseMessage>(&message)) return on_close(*close, now, actions);
  if (const auto* settled = std::get_if<SettledMessage>(&message)) return on_settled(*settled, actions);
  if (const auto* stored = std::get_if<StoredMessage>(&message)) return on_stored(stored->task, actions);
  if (const auto* repeat = std::get_if<RepeatMessage>(&message)) return send_again(repeat->task, actions);
}

// The parent takes parts in their order; one that overtook this one has been ignored.
void FogNode::on_stored(TaskId task, Actions& actions) {
  if (const auto part = parts_.find(task); part != parts_.end()) part->second.message.reset();
  ++task.attempt;
  send_again(task, actions);
}

void FogNode::send_again(const TaskId& task, Actions& actions) const {
  if (const auto part = parts_.find(task); part != parts_.end() && part->second.message)
    actions.emplace_back(Send{setup_.parent, *part->second.message, part->second.after});
}

// None for a time that never comes.
Token FogNode::set_timer(Version version, Time at, Actions& actions) {
  if (at == kNever) return 0;
  const Token token = tokens_.next();
  timers_[token] = version;
  actions.emplace_back(SetTimer{token, at});
  return token;
}

// ---- Selection ----------------------------------------------------------------------------------------------------

void FogNode::on_invite(const InviteMessage& invite, Time now, Actions& actions) {
  if (subtree_.lowest()) {
    const auto ranking = setup_.selection->ranking(setup_.population->size(), invite.version, setup_.seed);
    auto ranks = subtree_.free_ranks(*ranking, invite.window, UINT64_MAX);
    actions.emplace_back(Send{setup_.parent, OfferMessage{invite.version, invite.window, std::move(ranks)}});
    return;
  }
  if (invite.version < offered_version_) return;  // overtaken
  if (invite.version != offered_version_) offered_.clear();
  offered_version_ = invite.version;
  gathering_.emplace(invite.version, invite.window, subtree_.children());
  for (const auto& child : subtree_.children()) actions.emplace_back(Send{child, invite});
  offer_timer_ = set_timer(invite.version, after(now, kOfferWait), actions);
  offer_if_complete(actions);
}

void FogNode::on_offer(const Received& received, Actions& actions) {
  if (!gathering_) return;
  gathering_->add(received.from, std::get<OfferMessage>(received.message));
  offer_if_complete(actions);
}

void FogNode::offer_if_complete(Actions& actions) {
  if (!gathering_ || !gathering_->complete()) return;
  OfferMessage offer{gathering_->version(), gathering_->window(), {}};
  for (const auto& one : gathering_->offers()) {
    offer.ranks.push_back(one.rank);
    offered_.push_back(one);
  }
  gathering_.reset();
  actions.emplace_back(Send{setup_.parent, std::move(offer)});
}

// By which child each device offered itself, in ascending order of devices; by none if this node has forgotten it.
std::vector<Route> FogNode::routes_for(Version version, const std::vector<DeviceIndex>& devices) {
  std::vector<Route> known;
  if (offered_version_ == version) {
    const auto ranking = setup_.selection->ranking(setup_.population->size(), version, setup_.seed);
    for (const auto& offer : offered_) known.push_back({ranking->device(offer.rank), offer.child});
  }
  std::sort(known.begin(), known.end(), [](const Route& a, const Route& b) { return a.device < b.device; });
  std::vector<Route> routes;
  for (const auto device : devices) {
    const auto place = std::lower_bound(known.begin(), known.end(), device,
                                        [](const Route& route, DeviceIndex wanted) { return route.device < wanted; });
    const bool found = place != known.end() && place->device == device;
    routes.push_back(found ? *place : Route{device, NodeId::cloud()});
  }
  if (offered_version_ == version) offered_.clear();
  return routes;
}

// ---- A version ----------------------------------------------------------------------------------------------------

void FogNode::remember(const AssignMessage& asked) {
  oldest_ = std::max(oldest_, asked.oldest_open);
  seen_.erase(seen_.begin(), seen_.lower_bound(oldest_));
  seen_.insert(asked.tasks.version);
}

Time FogNode::deadline_for(const AssignMessage& asked, Time now) const {
  Time deadline = kNever;
  if (asked.tasks.deadline != kNever) {
    const double left = in_seconds(std::max(asked.tasks.deadline - now, Duration(0)));
    deadline = after(now, duration_from_seconds(kShareOfDeadline * left));
  }
  return setup_.deadline ? std::min(deadline, after(now, *setup_.deadline)) : deadline;
}

FogNode::Round FogNode::make_round(const AssignMessage& asked) const {
  Round round;
  round.deadline = asked.tasks.deadline;
  if (subtree_.lowest() && setup_.algorithm->fog_rounds() > 1)
    round.own.emplace(setup_.algorithm, setup_.receiver->receive(asked.model).model);
  return round;
}

// A version that was asked for before is under way, or over: its parent will hear of it in either case.
void FogNode::on_assign(AssignMessage asked, Time now, Actions& actions) {
  const Version version = asked.tasks.version;
  if (version < oldest_ || seen_.count(version) > 0) return;
  remember(asked);
  asked.tasks.deadline = deadline_for(asked, now);
  const auto most = asked.tasks.most_contributions;
  if (asked.tasks.attempt != 0 || most < asked.tasks.devices.size() || most > kMostContributions)
    return refuse(asked, "a fog node was asked for impossible tasks", actions);
  try {
    open(asked, now, actions);
  } catch (const FormatError& error) {
    refuse(asked, error.what(), actions);
  }
}

void FogNode::open(AssignMessage asked, Time now, Actions& actions) {
  const Version version = asked.tasks.version;
  const auto received = setup_.receiver->receive(asked.model);
  if (setup_.history) {
    if (!setup_.history->has(version)) throw FormatError("a fog node was asked with the model of another version");
    asked.model = setup_.history->bundle(std::nullopt, version);  // one that needs none before it
  }
  rounds_.insert_or_assign(version, make_round(asked));
  std::vector<Route> routes;
  if (!subtree_.lowest()) routes = routes_for(version, asked.tasks.devices);
  if (rounds_.at(version).own) asked = own_round(std::move(asked), now);
  subtree_.open(asked, *received.digest, routes, now, actions);
  set_timer(version, asked.tasks.deadline, actions);
  subtree_.give_up_unreachable(version, actions);
  progress(version, now, actions);
}

}  // namespace brume::fog_node

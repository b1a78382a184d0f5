#include "aggregator/aggregator.hpp"

#include <algorithm>

#include "brume/error.hpp"

namespace brume::aggregator {

namespace {

constexpr Duration kRetrySelection = std::chrono::seconds(10);
constexpr Duration kOfferWait = std::chrono::seconds(30);  // for fog nodes that are connected but silent

Subtree::Setup subtree_setup(const Setup& setup, const LayoutPointer& layout) {
  return {std::make_shared<const Aggregation::Parts>(
              Aggregation::Parts{setup.algorithm, setup.uplink, setup.fog_uplink, layout}),
          setup.population, setup.children, true, setup.history};
}

}  // namespace

Aggregator::Aggregator(Setup setup, Parameters initial)
    : setup_(std::move(setup)),
      rounds_(setup_.selection->cohort(), setup_.selection->devices_asked()),
      policy_(setup_.algorithm->closing() ? setup_.algorithm->closing() : &rounds_),
      subtree_(subtree_setup(setup_, initial.layout_pointer()), tokens_),
      model_(std::make_shared<const Parameters>(std::move(initial))) {}

void Aggregator::handle(const Event& event, Time now, Actions& actions) {
  if (std::holds_alternative<Started>(event)) return start(now, actions);
  if (const auto* received = std::get_if<Received>(&event)) {
    if (std::holds_alternative<OfferMessage>(received->message)) return on_offer(*received, now, actions);
    if (subtree_.on_message(*received, actions)) progress(now, actions);
  } else if (const auto* timer = std::get_if<TimerFired>(&event)) {
    on_timer(timer->token, now, actions);
  } else if (const auto* persisted = std::get_if<Persisted>(&event)) {
    subtree_.on_persisted(persisted->token);
  } else if (const auto* evaluated = std::get_if<Evaluated>(&event)) {
    on_evaluated(*evaluated, now, actions);
  } else if (const auto* joined = std::get_if<Joined>(&event)) {
    on_joined(*joined, actions);
  } else if (const auto* left = std::get_if<Left>(&event)) {
    subtree_.on_left(left->node);
    if (!gathering_) return;
    gathering_->leave(left->node);
    end_gathering(now, actions);
  } else if (const auto* replacement = std::get_if<Replace>(&event)) {
    on_replace(*replacement, now, actions);
  } else if (const auto* failed = std::get_if<PersistFailed>(&event)) {
    throw Error("cannot store what was promised: " + failed->reason);
  }
}

// At first, or with what was restored.
void Aggregator::start(Time now, Actions& actions) {
  if (finished_) return actions.emplace_back(Finish{}), void();
  for (const auto version : subtree_.versions()) set_deadline(version, subtree_.asked(version).tasks.deadline, actions);
  if (ending_) return finish_commit(now, actions);
  if (!subtree_.is_open(version_)) return open(now, actions);
  progress(now, actions);
}

Standing Aggregator::standing() const {
  Standing standing{version_, asked_, 0, 0};
  for (const auto version : subtree_.versions()) {
    standing.folded += subtree_.folded_not_taken(version);
    standing.outstanding += subtree_.in_training(version);
  }
  return standing;
}

Token Aggregator::set_timer(Version version, Time at, Actions& actions) {
  const Token token = tokens_.next();
  timers_[token] = version;
  actions.emplace_back(SetTimer{token, at});
  return token;
}

void Aggregator::set_deadline(Version version, Time deadline, Actions& actions) {
  if (deadline != kNever) set_timer(version, deadline, actions);
}

// ---- Selection ----------------------------------------------------------------------------------------------------

void Aggregator::open(Time now, Actions& actions) {
  asked_ = 0;
  const auto wanted = policy_->devices_asked(standing());
  if (wanted == 0) return progress(now, actions);
  if (!subtree_.lowest()) {
    gathering_.reset();
    return gather(std::min(wanted, setup_.population->size()), now, actions);
  }
  const auto size = setup_.population->size();
  const auto ranking = setup_.selection->ranking(size, version_, setup_.seed);
  std::vector<Gathering::Offer> chosen;
  for (const auto rank : subtree_.free_ranks(*ranking, {0, size}, wanted)) chosen.push_back({rank, NodeId::cloud()});
  begin(chosen, now, actions);
}

// Asks the fog nodes for their available devices of the next ranks, up to `last`.
void Aggregator::gather(std::uint64_t last, Time now, Actions& actions) {
  if (gathering_) {
    gathering_->widen(last);
  } else {
    gathering_.emplace(version_, RankWindow{0, last}, subtree_.children());
  }
  for (const auto& child : gathering_->members()) actions.emplace_back(Send{child, gathering_->invite()});
  offer_timer_ = set_timer(version_, after(now, kOfferWait), actions);
  if (gathering_->complete()) end_gathering(now, actions);
}

void Aggregator::on_offer(const Received& received, Time now, Actions& actions) {
  if (!gathering_) return;
  gathering_->add(received.from, std::get<OfferMessage>(received.message));
  end_gathering(now, actions);
}

// Goes on once everyone has offered: with the lowest ranks, or with more ranks if these are too few.
void Aggregator::end_gathering(Time now, Actions& actions) {
  if (!gathering_->complete()) return;
  const auto wanted = policy_->devices_asked(standing());
  const auto size = setup_.population->size();
  auto offers = gathering_->offers();
  if (offers.size() < wanted && gathering_->window().last < size && !gathering_->members().empty())
    return gather(std::min(2 * gathering_->window().last, size), now, actions);
  gathering_.reset();
  if (offers.size() > wanted) offers.resize(wanted);
  begin(offers, now, actions);
}

void Aggregator::begin(const std::vector<Gathering::Offer>& chosen, Time now, Actions& actions) {
  if (chosen.empty()) return try_later(now, actions);
  const auto ranking = setup_.selection->ranking(setup_.population->size(), version_, setup_.seed);
  std::vector<Route> routes;
  for (const auto& offer : chosen) routes.push_back({ranking->device(offer.rank), offer.child});
  std::sort(routes.begin(), routes.end(), [](const Route& a, const Route& b) { return a.device < b.device; });
  AssignMessage asked;
  auto& tasks = asked.tasks;
  for (const auto& route : routes) tasks.devices.push_back(route.device);
  if (subtree_.lowest()) routes.clear();
  opened_ = now;
  asked_ = tasks.devices.size();
  tasks.version = version_;
  tasks.deadline = setup_.deadline ? after(now, *setup_.deadline) : kNever;
  tasks.most_contributions = asked_;
  // Whether the policy may step before everyone has answered.
  tasks.counts = policy_->keeps_outstanding() || policy_->due({version_, asked_, asked_ - 1, 1});
  const auto versions = subtree_.versions();
  asked.oldest_open = versions.empty() ? version_ : versions.front();
  auto sent = encode_model();
  asked.model = std::move(sent.model);
  asked.broadcast = std::move(sent.broadcast);
  subtree_.open(asked, sent.digest, routes, now, actions);
  set_deadline(version_, tasks.deadline, actions);
  progress(now, actions);
}

// Nobody can be asked. Those who train already may still answer.
void Aggregator::try_later(Time now, Actions& actions) {
  set_timer(version_, after(now, kRetrySelection), actions);
  if (!subtree_.versions().empty()) progress(now, actions);
}

void Aggregator::on_joined(const Joined& joined, Actions& actions) {
  const NodeId node = joined.node;
  subtree_.on_joined(joined, actions);
  if (!gathering_ || subtree_.children().count(node) == 0) return;
  gathering_->join(node);
  actions.emplace_back(Send{node, gathering_->invite()});
}

void Aggregator::on_timer(Token token, Time now, Actions& actions) {
  const auto timer = timers_.find(token);
  if (timer == timers_.end()) return;
  const Version version = timer->second;
  timers_.erase(timer);
  if (finished_) return;
  if (subtree_.is_open(version) && now >= subtree_.asked(version).tasks.deadline) {
    overdue_.insert(version);
    return progress(now, actions);
  }
  if (version != version_ || ending_) return;
  if (gathering_ && token != offer_timer_) return;
  if (gathering_) {  // whoever is silent is not waited for
    gathering_->leave_silent();
    return end_gathering(now, actions);
  }
  if (!subtree_.is_open(version_)) open(now, actions);
}

}  // namespace brume::aggregator

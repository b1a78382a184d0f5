#include "net/role_host.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "brume/error.hpp"

namespace brume::net {

namespace {

// A snapshot is worth its bytes when it takes the place of several times as many.
constexpr std::uint64_t kRecordsWorthASnapshot = 256;
constexpr std::uint64_t kBytesWorthASnapshot = 16 << 20;
constexpr std::uint64_t kTimesTheSnapshot = 4;
constexpr std::uint64_t kBytesOfAnyRecord = 64;
// So many bytes wait for the disk that a snapshot spares most of them; several times its own, as far as memory allows.
std::uint64_t behind(std::uint64_t snapshot) {
  constexpr std::uint64_t kLeast = 2 << 20;
  constexpr std::uint64_t kMost = 12 << 20;
  return std::max(2 * snapshot, std::clamp(8 * snapshot, kLeast, kMost));
}

}  // namespace

RoleHost::RoleHost(boost::asio::io_context& context, std::unique_ptr<Role> role, storage::Store& store,
                   const NodeClock& clock, World& world)
    : context_(context), role_(std::move(role)), store_(store), clock_(clock), world_(world), timer_(context) {
  const auto records = store_.records();
  role_->restore(records);
  records_ = records.size();
}

void RoleHost::close() {
  closed_ = true;
  timer_.cancel();
}

// Events that come while one is handled wait for its end.
void RoleHost::tell(Event event) {
  if (closed_) return;
  events_.push_back(std::move(event));
  if (handling_) return;
  handling_ = true;
  while (!events_.empty() && !closed_) {
    const auto next = std::move(events_.front());
    events_.pop_front();
    handle(next);
  }
  handling_ = false;
}

void RoleHost::handle(const Event& event) {
  try {
    Actions actions;
    role_->handle(event, clock_.now(), actions);
    for (auto& action : actions) perform(action);
    compact_if_behind();
  } catch (const Error& error) {
    closed_ = true;
    world_.fail(error.what());
  }
}

void RoleHost::perform(Action& action) {
  if (auto* send = std::get_if<Send>(&action)) {
    if (send->after && unwritten_.count(*send->after) > 0) {
      waiting_.emplace(*send->after, std::move(action));
    } else {
      world_.send(send->to, send->message);
    }
  } else if (auto* record = std::get_if<Persist>(&action)) {
    persist(*record);
  } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
    set_timer(*timer);
  } else if (const auto* job = std::get_if<Train>(&action)) {
    world_.train(*job);
  } else if (const auto* model = std::get_if<Evaluate>(&action)) {
    world_.evaluate(*model);
  } else if (const auto* task = std::get_if<Drop>(&action)) {
    world_.drop(task->task);
  } else {
    perform_when_written(std::move(action));
  }
}

// A round is over for others when all that it consists of is on disk.
void RoleHost::perform_when_written(Action action) {
  if (!unwritten_.empty()) return void(waiting_.emplace(*unwritten_.rbegin(), std::move(action)));
  if (const auto* round = std::get_if<Report>(&action)) {
    store_.add_round(round->round);
    world_.report(round->round);
  } else if (std::holds_alternative<Finish>(action)) {
    world_.finish();
  }
}

void RoleHost::persist(Persist& action) {
  unwritten_.insert(action.token);
  written_bytes_ += kBytesOfAnyRecord + storage::payload_bytes(action.record);
  ++records_;
  store_.append(action.token, std::move(action.record));
}

storage::Store::OnDurable RoleHost::on_durable() {
  return [this, &context = context_, alive = std::weak_ptr<bool>(alive_)](const std::vector<Token>& tokens,
                                                                          const std::string& problem) {
    if (tokens.empty() && problem.empty()) return;
    boost::asio::post(context, [this, alive, tokens, problem] {
      if (alive.lock()) durable(tokens, problem);
    });
  };
}

// As in testing/world.cpp: what waited goes first, then the role hears of it.
void RoleHost::durable(const std::vector<Token>& tokens, const std::string& problem) {
  if (closed_) return;
  if (!problem.empty()) {
    closed_ = true;
    return world_.fail("cannot store what was promised: " + problem);
  }
  for (const auto token : tokens) {
    if (token >= kOwnTokens) {
      world_.on_noted(token);
      continue;
    }
    unwritten_.erase(token);
    const auto [first, last] = waiting_.equal_range(token);
    std::vector<Action> ready;
    for (auto action = first; action != last; ++action) ready.push_back(std::move(action->second));
    waiting_.erase(first, last);
    for (auto& action : ready) perform(action);
    tell(Persisted{token});
  }
  compact();
  world_.on_written();
}

void RoleHost::compact() {
  const bool many = records_ > kRecordsWorthASnapshot || written_bytes_ > kBytesWorthASnapshot;
  if (many && written_bytes_ >= kTimesTheSnapshot * snapshot_bytes_ && !closed_) replace_records();
}

// Updates come faster than they can be written down: their sum is shorter than they are.
void RoleHost::compact_if_behind() {
  const auto bytes = behind(snapshot_bytes_);
  if (written_bytes_ > bytes && store_.queued_bytes() > bytes && !closed_) replace_records();
}

void RoleHost::replace_records() {
  auto snapshot = role_->snapshot();
  snapshot_bytes_ = snapshot.bytes.size();
  written_bytes_ = 0;
  records_ = 0;
  store_.replace_records(std::move(snapshot));
}

// ---- Timers -------------------------------------------------------------------------------------------------------

void RoleHost::set_timer(const SetTimer& timer) {
  timers_.emplace(timer.at, timer.token);
  if (timers_.begin()->first == timer.at) arm();
}

// Deadlines can be centuries away, farther than Asio's clock goes.
void RoleHost::arm() {
  if (timers_.empty() || closed_) return;
  constexpr Duration kLongest = std::chrono::hours(24);
  const auto left = std::clamp(timers_.begin()->first - clock_.now(), Duration(0), kLongest);
  timer_.expires_after(left);
  timer_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure) fire();
  });
}

void RoleHost::fire() {
  while (!closed_ && !timers_.empty() && timers_.begin()->first <= clock_.now()) {
    const auto token = timers_.begin()->second;
    timers_.erase(timers_.begin());
    tell(TimerFired{token});
  }
  arm();
}

}  // namespace brume::net

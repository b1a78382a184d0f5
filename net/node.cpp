#include "net/node.hpp"

#include <sys/resource.h>

#include <boost/asio/post.hpp>
#include <charconv>
#include <csignal>
#include <ctime>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "net/address.hpp"
#include "net/authority.hpp"
#include "net/program.hpp"
#include "net/renewal.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr auto kLookAfter = std::chrono::seconds(5);
constexpr auto kBetweenRenewals = std::chrono::minutes(5);  // while no certificate comes
constexpr auto kAfterRefusal = std::chrono::seconds(15);
constexpr std::size_t kMostIdentityBytes = 1 << 20;
constexpr std::size_t kMostListBytes = 512 << 10;  // a list has to fit into one frame
constexpr auto kBetweenNotes = std::chrono::minutes(1);
constexpr std::string_view kClock = "clock";

Time last_seen(storage::Store& store) {
  const auto stored = store.get(kClock);
  if (!stored || stored->size() != sizeof(std::int64_t)) return Time{};
  return Time(Duration(static_cast<std::int64_t>(ByteReader(*stored).u64())));
}

// A connection is a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What was renewed or enrolled goes before what was installed.
TlsFiles newest(const NodeFile& file) {
  auto files = file.tls;
  const auto identity = identity_file(file.state);
  if (!std::filesystem::exists(identity)) return files;
  const bool installed_later = std::filesystem::exists(files.certificate) &&
                               identity_in(read_text_file(files.certificate, kMostIdentityBytes)).not_after >
                                   identity_in(read_text_file(identity, kMostIdentityBytes)).not_after;
  if (!installed_later) files.certificate = files.key = identity;
  return files;
}

// Texts of peers may be no UTF-8.
std::string as_json(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::uint64_t number_after(const std::string& target, std::string_view prefix) {
  std::uint64_t number = 0;
  if (target.size() > prefix.size())
    std::from_chars(target.data() + prefix.size(), target.data() + target.size(), number);
  return number;
}

}  // namespace

Node::Node(NodeFile file, std::string role, bool server)
    : file_(std::move(file)),
      log_(file_.log_level, file_.log_format),
      store_(file_.state),
      clock_(last_seen(store_)),
      tls_(server ? TlsContext::Side::server : TlsContext::Side::client, newest(file_)),
      role_(std::move(role)),
      http_(context_, [this](const HttpRequest& request) { return answer(request); }),
      signals_(context_, SIGINT, SIGTERM),
      timer_(context_) {
  raise_descriptor_limit();
  if (server) keep_freed_memory();
  http_.listen_on_file(file_.state / "control");
  if (!file_.monitoring.empty()) {
    const auto address = parse_address(file_.monitoring);
    http_.listen(address.host, address.port);
  }
}

Node::~Node() = default;

int Node::run() {
  if (!stopped_) wait_for_signals();
  if (!stopped_) look_after();
  log_.info("running", {{"role", role_}, {"state", file_.state.string()}});
  context_.run();
  store_.finish();
  return exit_code_;
}

bool Node::disk_is_behind(bool now) const {
  constexpr std::uint64_t kMostWaiting = 64 << 20;
  return store_.queued_bytes() > (now ? kMostWaiting / 2 : kMostWaiting);
}

void Node::start_store(storage::Store::OnDurable on_durable) { store_.start(std::move(on_durable)); }

void Node::stop(int exit_code, const std::string& why) {
  if (std::exchange(stopped_, true)) return;
  exit_code_ = exit_code;
  exit_code == 0 ? log_.info("stopping", {{"why", why}}) : log_.error("stopping", {{"why", why}});
  // At its own turn: whoever asked for it may be what is closed.
  boost::asio::post(context_, [this] {
    close();
    http_.close();
    signals_.cancel();
    timer_.cancel();
  });
}

void Node::wait_for_signals() {
  signals_.async_wait([this](const boost::system::error_code& failure, int signal) {
    if (failure) return;
    stop(0, signal == SIGINT ? "interrupted" : "asked to by a signal");
  });
}

// Files that may change, and how far the clock has come.
void Node::look_after() {
  try {
    if (tls_.reload()) {
      log_.info("revocations read", {{"file", file_.tls.revocations.string()}});
      on_revocations();
    }
  } catch (const Error& error) {
    log_.error("certificates not read", {{"why", error.what()}});
  }
  renew_when_due();
  on_look_after();
  give_back_freed_memory();
  if (clock_.now() - clock_noted_ >= kBetweenNotes) {
    clock_noted_ = clock_.now();
    ByteWriter now;
    now.u64(static_cast<std::uint64_t>(clock_noted_.time_since_epoch().count()));
    store_.put(std::string(kClock), now.take());
  }
  timer_.expires_after(kLookAfter);
  timer_.async_wait([this](const boost::system::error_code& failure) {
    if (!failure && !stopped_) look_after();
  });
}

// ---- The certificate ----------------------------------------------------------------------------------------------

TlsFiles Node::files() const { return newest(file_); }

wire::Envelope Node::renewal(const std::string& new_key) const {
  const auto now = files();
  wire::Envelope envelope;
  fill_renewal(new_key, read_text_file(now.certificate, kMostIdentityBytes),
               read_text_file(now.key, kMostIdentityBytes), *envelope.mutable_renew());
  return envelope;
}

void Node::renew_when_due() {
  const auto now = std::chrono::steady_clock::now();
  if (!tls_.own() || !tls_.own()->half_over(std::time(nullptr)) || now - asked_ < kBetweenRenewals) return;
  try {
    new_key_ = make_key();
    if (renew(new_key_)) asked_ = now;
  } catch (const Error& error) {
    log_.error("certificate not renewed", {{"why", error.what()}});
  }
}

void Node::take_certificate(const std::string& chain) {
  if (new_key_.empty()) return;  // an answer that came twice
  const auto identity = identity_in(chain);
  if (identity.node != tls_.own()->node || public_key_of_certificate(chain) != public_key_of(new_key_))
    return log_.warning("a certificate came that was not asked for");
  const auto file = identity_file(file_.state);
  write_secret(file, chain + std::exchange(new_key_, {}));
  tls_.use(file, file);
  log_.info("certificate renewed", {{"serial", identity.serial}, {"not_after", identity.not_after}});
  on_certificate();
}

void Node::renewal_refused(const std::string& why) {
  log_.warning("certificate not renewed", {{"why", why}});
  asked_ = std::chrono::steady_clock::now() - kBetweenRenewals + kAfterRefusal;
}

void Node::take_revocations(const std::string& list) {
  const auto& file = file_.tls.revocations;
  if (!file_.own_revocations || list.empty()) return;
  try {
    tls_.require_revocations(list);
  } catch (const RequestError& error) {
    return log_.warning("a list of revoked certificates that came is not believed", {{"why", error.what()}});
  }
  if (!std::filesystem::exists(file) || list != read_text_file(file, kMostIdentityBytes))
    write_file_atomically(file, list);
}

wire::Envelope Node::revocations() const {
  wire::Envelope envelope;
  try {
    if (std::filesystem::exists(file_.tls.revocations))
      envelope.mutable_revocations()->set_list(read_text_file(file_.tls.revocations, kMostListBytes));
  } catch (const Error& error) {
    log_.error("the list of revoked certificates does not go down", {{"why", error.what()}});
  }
  return envelope;
}

std::string Node::import_model(const std::filesystem::path& /*offered*/) {
  throw RequestError("only an aggregator has a model of its own");
}

HttpResponse Node::take_offered_model() try {
  return {200, "text/plain", import_model(file_.state / kOfferedModel)};
} catch (const Error& error) {
  std::filesystem::remove(file_.state / kOfferedModel);
  return {409, "text/plain", error.what()};
}

nlohmann::ordered_json Node::whole_status() const {
  nlohmann::ordered_json json{{"role", role_}};
  if (tls_.own())
    json["certificate"] = {
        {"node", to_text(tls_.own()->node)}, {"name", tls_.own()->name}, {"not_after", tls_.own()->not_after}};
  const auto figures = process_figures();
  json["uptime_seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  json["resident_bytes"] = figures.resident_bytes;
  json["not_ready"] = not_ready_because();
  json.update(status());
  return json;
}

std::string Node::metrics() const {
  MetricsPage page;
  const auto figures = process_figures();
  page.gauge("resident_bytes", "resident memory of the process", static_cast<double>(figures.resident_bytes));
  page.gauge("open_descriptors", "open descriptors of the process", static_cast<double>(figures.descriptors));
  page.gauge("unwritten_bytes", "given to the state folder and not yet on disk",
             static_cast<double>(store_.queued_bytes()));
  if (tls_.own()) page.gauge("certificate_not_after", "seconds since 1970", static_cast<double>(tls_.own()->not_after));
  add_metrics(page);
  return page.text();
}

HttpResponse Node::answer(const HttpRequest& request) {
  const auto& target = request.target;
  if (target == "/healthz") return {200, "text/plain", "ok\n"};
  if (target == "/readyz") {
    const auto why = not_ready_because();
    return {why.empty() ? 200U : 503U, "text/plain", why.empty() ? "ready\n" : why + "\n"};
  }
  if (target == "/metrics") return {200, "text/plain; version=0.0.4", metrics()};
  if (target == "/status") return {200, "application/json", as_json(whole_status())};
  constexpr std::string_view kRounds = "/rounds?from=";
  if (target.compare(0, kRounds.size(), kRounds) == 0)
    return {200, "application/json", as_json(rounds(number_after(target, kRounds)))};
  return command(request);
}

HttpResponse Node::command(const HttpRequest& request) {
  const auto& target = request.target;
  if (target != "/stop" && target != "/drain" && target != "/import") return {404, "text/plain", "not found\n"};
  if (!request.from_owner) return {403, "text/plain", "only on the control socket in the state folder\n"};
  if (request.method != "POST") return {405, "text/plain", "use POST\n"};
  if (target == "/import") return take_offered_model();
  if (target == "/stop") {
    stop(0, "asked to");
  } else if (!std::exchange(draining_, true)) {
    log_.info("draining");
    drain();
  }
  return {200, "application/json", "{}"};
}

}  // namespace brume::net

#include "net/node_file.hpp"

#include "brume/options.hpp"
#include "configs/declared.hpp"
#include "net/address.hpp"
#include "net/authority.hpp"

namespace brume::net {

namespace {

// The file's values as they are written.
struct Written {
  std::string state, authority, certificate, key, revocations, log_level = "info", log_format = "text", monitoring;
  std::string federation, issuer, listen, proxy, token, model_dir, on_model;
  std::vector<std::string> dial, plugins;
  std::int64_t start_devices = 1, certificate_days = kMostDays, most_unsettled = 16;
  bool reproducible = false;
  bool federation_data = false, profile_pace = false;
  double silence = 45, ping = 15;
  std::int64_t least_rate = 4096;
  Chosen<Dataset> dataset;
  // Of a device
  double memory = 0, cpu_share = 1, temperature = 0, battery = 0;
  std::string sensors = "/sys";
};

void declare_certificates(Options& o, Written& w) {
  o.path({"authority", "certificate of the fleet's root, PEM", true}, w.authority);
  o.path({"certificate", "of this node, the intermediate's behind it, PEM", true}, w.certificate);
  o.path({"key", "of that certificate, PEM", true}, w.key);
  o.path({"revocations", "list of revoked certificates, PEM; read again when it changes"}, w.revocations);
}

void declare_device_limits(Options& o, Written& w) {
  o.quantity({"memory", "resident memory beyond which a task is given up; 0: any"}, Unit::bytes, w.memory,
             Range::at_least(0));
  o.number({"cpu_share", "of the machine's processor time that training takes"}, w.cpu_share, Range::between(0.01, 1));
  o.number({"temperature", "degrees Celsius above which training pauses; 0: any"}, w.temperature,
           Range::between(0, 150));
  o.number({"battery", "charge, 0 to 1, below which training pauses unless the device is on mains"}, w.battery,
           Range::between(0, 1));
  o.path({"sensors", "where the kernel's class/thermal and class/power_supply stand"}, w.sensors);
}

void declare_limits(Options& o, NodeFile::Role role, Written& w) {
  o.quantity({"silence", "after so long without a byte a peer is taken for dead"}, Unit::seconds, w.silence,
             Range::between(2, 3600));
  o.quantity({"ping", "between two signs of life"}, Unit::seconds, w.ping, Range::between(0.5, 1200));
  o.integer({"least_rate", "bytes a minute below which a transfer is ended"}, w.least_rate, Range::between(0, 1e9));
  if (role == NodeFile::Role::fog)
    o.integer({"unsettled", "versions of which it keeps updates while the cloud is away"}, w.most_unsettled,
              Range::between(1, 1e6));
  if (role == NodeFile::Role::client) declare_device_limits(o, w);
}

void declare_common(Options& o, NodeFile::Role role, Written& w) {
  o.texts({"plugins", "shared objects that the federation needs here"}, w.plugins);
  o.path({"state", "folder of what must outlive the process", true}, w.state);
  o.section({"certificates", "who this node is and whom it believes", true},
            [&](Options& inner) { declare_certificates(inner, w); });
  o.section({"log", "to standard error"}, [&](Options& inner) {
    inner.word({"level", "what is worth a line"}, w.log_level, {"debug", "info", "warning", "error"});
    inner.word({"format", "lines for people or JSON"}, w.log_format, {"text", "json"});
  });
  o.text({"monitoring", "HOST:PORT for /healthz, /readyz and /metrics; better a local one"}, w.monitoring);
  o.section({"limits", "to which the process keeps"}, [&](Options& inner) { declare_limits(inner, role, w); });
}

void declare_aggregator(Options& o, Written& w) {
  o.path({"federation", "the federation's file, which all nodes go by", true}, w.federation);
  o.section({"issuer", "the intermediate authority, to renew certificates and enrol devices"}, [&](Options& inner) {
    inner.path({"authority", "folder of 'brume pki init', without root.key"}, w.issuer);
    inner.integer({"days", "for which it issues certificates"}, w.certificate_days, Range::between(1, kMostDays));
  });
  o.integer({"start_devices", "the first round waits until so many devices are connected"}, w.start_devices,
            Range::between(1, 1e9));
  o.flag({"reproducible", "selects by the federation's seed, which is no secret: for trials"}, w.reproducible);
}

void declare_client(Options& o, Written& w, const Registry& registry) {
  o.flag({"federation_data", "trains on its share of the federation's own data set: for trials"}, w.federation_data);
  o.flag({"profile_pace", "tasks take the time that the federation's profile of this device says: for trials"},
         w.profile_pace);
  o.section({"data", "what this device trains on"}, [&](Options& inner) {
    ChoiceOf<Dataset> dataset(w.dataset, registry);
    inner.inline_choice({"name", "the data set"}, dataset);
  });
  o.path({"model_dir", "folder in which `current` is always the newest global model"}, w.model_dir);
  o.text({"on_model", "command that is run when there is a new one"}, w.on_model);
}

void declare(Options& o, NodeFile::Role role, Written& w, const Registry& registry) {
  declare_common(o, role, w);
  if (role == NodeFile::Role::aggregator) declare_aggregator(o, w);
  if (role != NodeFile::Role::client) o.text({"listen", "HOST:PORT for the nodes below", true}, w.listen);
  if (role != NodeFile::Role::aggregator)
    o.texts({"dial", "HOST:PORT of the node above; the next is tried when one does not answer", true}, w.dial);
  if (role != NodeFile::Role::aggregator)
    o.text({"proxy", "through which it dials: http://HOST:PORT or socks5://HOST:PORT, USER:PASSWORD@ before the host"},
           w.proxy);
  if (role != NodeFile::Role::aggregator)
    o.path({"token", "file of a one-time token, with which a node without a certificate enrols"}, w.token);
  if (role == NodeFile::Role::client) declare_client(o, w, registry);
}

Log::Level level_from(const std::string& word) {
  if (word == "debug") return Log::Level::debug;
  if (word == "warning") return Log::Level::warning;
  return word == "error" ? Log::Level::error : Log::Level::info;
}

SessionLimits limits_from(const Written& w) {
  SessionLimits limits;
  const auto seconds = [](double value) {
    return std::chrono::seconds(std::max<std::int64_t>(1, std::llround(value)));
  };
  limits.patience.silence = limits.patience.stalled = seconds(w.silence);
  limits.ping = seconds(std::min(w.ping, w.silence / 3));
  limits.least_bytes_per_minute = static_cast<std::uint64_t>(w.least_rate);
  return limits;
}

}  // namespace

NodeFile read_node_file(const std::filesystem::path& path, NodeFile::Role role, const Registry& registry) {
  Written w;
  configs::read_declared(path, [&](Options& o) { declare(o, role, w, registry); });
  const auto folder = std::filesystem::absolute(path).parent_path();
  const auto absolute = [&](const std::string& one) {
    return one.empty() ? std::filesystem::path() : (folder / one).lexically_normal();
  };
  NodeFile file;
  file.path = std::filesystem::absolute(path);
  file.state = absolute(w.state);
  file.tls = {absolute(w.authority), absolute(w.certificate), absolute(w.key), absolute(w.revocations)};
  // Without a file of its operator's, the list is the one that comes from above.
  file.own_revocations = file.tls.revocations.empty();
  if (file.own_revocations) file.tls.revocations = file.state / "revocations.pem";
  file.log_level = level_from(w.log_level);
  file.log_format = w.log_format == "json" ? Log::Format::json : Log::Format::text;
  file.monitoring = w.monitoring;
  file.limits = limits_from(w);
  file.federation = absolute(w.federation);
  file.issuer = absolute(w.issuer);
  file.start_devices = w.start_devices;
  file.most_unsettled = static_cast<std::uint64_t>(w.most_unsettled);
  file.reproducible = w.reproducible;
  file.listen = w.listen;
  for (const auto& address : w.dial) file.dial.push_back(parse_address(address));
  if (!w.proxy.empty()) file.proxy = parse_proxy(w.proxy);
  file.federation_data = w.federation_data;
  file.profile_pace = w.profile_pace;
  file.dataset = w.dataset.component;
  file.model_dir = absolute(w.model_dir);
  file.on_model = w.on_model;
  file.device_limits = {static_cast<std::uint64_t>(w.memory), w.cpu_share, std::nullopt, w.battery};
  if (w.temperature > 0) file.device_limits.celsius = w.temperature;
  file.sensors = absolute(w.sensors);
  file.token = absolute(w.token);
  file.certificate_days = static_cast<int>(w.certificate_days);
  for (const auto& address : {file.listen, file.monitoring})
    if (!address.empty()) (void)parse_address(address);
  if (role != NodeFile::Role::aggregator && file.dial.empty())
    throw RequestError(path.string() + ": 'dial' names no address of a node above");
  if (role == NodeFile::Role::client && !file.federation_data && !file.dataset)
    throw RequestError(path.string() + ": a client needs 'data' of its own, or 'federation_data: true' for a trial");
  return file;
}

}  // namespace brume::net

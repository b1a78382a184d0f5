#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "net/clock.hpp"
#include "net/http_server.hpp"
#include "net/log.hpp"
#include "net/metrics.hpp"
#include "net/node_file.hpp"
#include "net/tls.hpp"
#include "net/wire.hpp"
#include "storage/store.hpp"

namespace brume::net {

// In the state folder: an operator's model that is offered, and one that was taken in and is not on disk as a step yet.
inline constexpr const char* kOfferedModel = "offered.brume";
inline constexpr const char* kImportedModel = "import.brume";

/// What every deployed process has: its state folder, clock, certificates, log, a control socket in the state folder,
/// monitoring, and an orderly end. Roles derive from it.
class Node {
 public:
  Node(NodeFile file, std::string role, bool server);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Until the process is asked to end. Returns its exit code.
  int run();

 protected:
  /// For `brume status` and /readyz.
  virtual nlohmann::ordered_json status() const = 0;
  virtual std::string not_ready_because() const = 0;
  virtual void add_metrics(MetricsPage& page) const = 0;
  /// Takes on nothing new; ends by stop() once nothing is under way.
  virtual void drain() = 0;
  /// Lets go of all connections: the process ends.
  virtual void close() = 0;
  virtual void on_revocations() = 0;
  /// Half of the certificate's life is over: asks for a new one for this key. False if nobody can be asked now.
  virtual bool renew(const std::string& new_key) = 0;
  /// Puts a model in the place of the present one; says when.
  virtual std::string import_model(const std::filesystem::path& offered);
  /// Rounds from `first` on, for whoever watches.
  virtual nlohmann::ordered_json rounds(std::uint64_t /*first*/) const { return nlohmann::ordered_json::array(); }

  /// The answer to renew(), passed over if it is none.
  void take_certificate(const std::string& chain);
  /// The other answer: it is asked for again after a while.
  void renewal_refused(const std::string& why);
  /// The list of revoked certificates as the node above has it.
  void take_revocations(const std::string& list);
  /// The list for those below; without one, nothing.
  wire::Envelope revocations() const;
  virtual void on_certificate() {}
  /// Every few seconds.
  virtual void on_look_after() {}
  /// The request for a certificate of that key in the place of the present one.
  wire::Envelope renewal(const std::string& new_key) const;
  /// Those of node.yaml, or what was renewed or enrolled in their place.
  TlsFiles files() const;

  /// Whether so much waits for the disk that nobody should send more; with a margin, so that it does not flutter.
  bool disk_is_behind(bool now) const;
  void start_store(storage::Store::OnDurable on_durable);
  void stop(int exit_code, const std::string& why);
  bool stopped() const { return stopped_; }
  void fail(const std::string& problem) { stop(1, problem); }

  NodeFile file_;
  Log log_;
  boost::asio::io_context context_;
  storage::Store store_;
  NodeClock clock_;
  TlsContext tls_;

 private:
  HttpResponse answer(const HttpRequest& request);
  HttpResponse command(const HttpRequest& request);
  HttpResponse take_offered_model();
  nlohmann::ordered_json whole_status() const;
  std::string metrics() const;
  void wait_for_signals();
  void look_after();
  void renew_when_due();

  std::string role_;
  HttpServer http_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Time clock_noted_{};
  std::string new_key_;  // that a certificate has been asked for
  SteadyTime asked_{};
  bool draining_ = false;
  bool stopped_ = false;
  int exit_code_ = 0;
};

}  // namespace brume::net

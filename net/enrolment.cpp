#include "net/enrolment.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "net/children.hpp"
#include "net/dial.hpp"
#include "net/renewal.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::size_t kMostTokenBytes = 4096;
constexpr auto kOneTry = std::chrono::seconds(15);
constexpr int kTries = 20;
constexpr auto kBetweenTries = std::chrono::seconds(3);

// One connection, without a certificate, on which nothing is asked but that.
class Enrolment final : private Session::Owner {
 public:
  Enrolment(const NodeFile& file, std::string token)
      : file_(file),
        token_(std::move(token)),
        key_(make_key()),
        tls_(TlsContext::Side::client, {file.tls.authority, {}, {}, {}}),
        clock_(Time{}) {}

  /// "" when it is done; why the node above was not reached.
  std::string try_once(const Address& address) {
    problem_ = "no answer came";
    boost::asio::io_context context;
    Tcp::resolver resolver(context);
    Tcp::socket socket(context);
    std::string unreached = problem_;
    boost::asio::co_spawn(context, dial(resolver, socket, address, file_.proxy),
                          [&](const std::exception_ptr& failure) { unreached = problem_of(failure); });
    context.run_for(kOneTry);
    if (!unreached.empty()) return unreached;
    context.restart();
    session_ = std::make_unique<Session>(1, std::move(socket), tls_, file_.limits, static_cast<Session::Owner&>(*this));
    session_->start();
    context.run_for(kOneTry);
    session_.reset();
    if (!refused_.empty()) throw RequestError(refused_);
    return problem_;
  }

 private:
  Time now() const override { return clock_.now(); }
  void on_secured(Session& session) override {
    if (!session.peer() || session.peer()->node.role == NodeId::Role::device)
      throw FormatError("whoever answers is neither an aggregator nor a fog node");
    session.expect_contract();
    const auto request = make_signing_request(key_);
    wire::Envelope envelope;
    envelope.mutable_enrol()->set_token(token_);
    envelope.mutable_enrol()->set_request(std::string(reinterpret_cast<const char*>(request.data()), request.size()));
    session.send(envelope);
  }
  void on_envelope(Session& session, const wire::Envelope& envelope) override {
    if (envelope.has_issued()) return on_issued(session, envelope.issued());
    if (!envelope.has_refusal()) return;
    problem_ = envelope.refusal().text();
    if (envelope.refusal().retry_after() == 0) refused_ = "enrolment is refused: " + problem_;
    session.close();
  }
  void on_issued(Session& session, const wire::Issued& issued) {
    if (!issued.problem().empty()) {
      refused_ = "enrolment is refused: " + issued.problem();
    } else if (public_key_of_certificate(issued.chain()) != public_key_of(key_)) {
      refused_ = "the certificate that came is of another key";
    } else {
      write_secret(identity_file(file_.state), issued.chain() + key_);
      problem_.clear();
    }
    session.close();
  }
  void on_message(Session& /*session*/, Message /*message*/) override {}
  void on_closed(Session& /*session*/, const std::string& why) override {
    if (!problem_.empty()) problem_ = why;
  }

  const NodeFile& file_;
  std::string token_;
  std::string key_;
  TlsContext tls_;
  NodeClock clock_;
  std::unique_ptr<Session> session_;
  std::string problem_;
  std::string refused_;  // for good
};

}  // namespace

void enrol_if_needed(const NodeFile& file) {
  if (file.token.empty() || std::filesystem::exists(identity_file(file.state)) ||
      std::filesystem::exists(file.tls.certificate))
    return;
  auto token = read_text_file(file.token, kMostTokenBytes);
  while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
  std::filesystem::create_directories(file.state);
  Enrolment enrolment(file, token);
  const Log log(file.log_level, file.log_format);
  std::string problem;
  for (int i = 0; i < kTries; ++i) {
    const auto& address = file.dial[static_cast<std::size_t>(i) % file.dial.size()];
    problem = enrolment.try_once(address);
    if (problem.empty()) return log.info("enrolled", {{"certificate", identity_file(file.state).string()}});
    log.warning("not enrolled yet", {{"why", problem}});
    std::this_thread::sleep_for(kBetweenTries);
  }
  throw Error("cannot enrol: " + problem);
}

}  // namespace brume::net

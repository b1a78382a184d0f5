// What a fog node passes between those below it and the aggregator, and is no part of training.
#include "brume/error.hpp"
#include "core/files.hpp"
#include "net/authority.hpp"
#include "net/fog_process.hpp"
#include "net/renewal.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::size_t kMostPemBytes = 512 << 10;
constexpr std::size_t kMostAsking = 1024;
constexpr const char* kNotReached = "the aggregator is not reached from here";

std::string read_if_there(const std::filesystem::path& path) {
  return std::filesystem::exists(path) ? read_text_file(path, kMostPemBytes) : std::string();
}

}  // namespace

// ---- Certificates -------------------------------------------------------------------------------------------------

// The aggregator decides. Its answer comes back under a number of this node's.
void FogProcess::on_certificate_request(Session& session, const wire::Envelope& envelope) {
  if (envelope.has_renew()) {
    const auto& peer = session.peer()->node;
    if (peer != read_renewal(envelope.renew()).node && peer.role != NodeId::Role::fog)
      throw FormatError("a node asks for another's certificate");
  } else if (!read_token(envelope.enrol().token())) {
    return children_->answer(session.id(), no_certificate(envelope, "this is no token"));
  }
  if (!parent_->connected())
    return session.peer() ? children_->answer(session.id(), no_certificate(envelope, kNotReached))
                          : session.refuse(RefusalCode::not_ready, kNotReached, std::chrono::seconds(5));
  auto passed_on = envelope;
  if (envelope.has_enrol()) {
    passed_on.mutable_enrol()->set_number(number_for(session, envelope.enrol().number()));
  } else {
    passed_on.mutable_renew()->set_number(number_for(session, envelope.renew().number()));
  }
  parent_->send(passed_on);
}

// Under which a question of a child goes up, so that its answer finds the way back.
std::uint64_t FogProcess::number_for(const Session& session, std::uint64_t number) {
  if (asking_.size() == kMostAsking) asking_.erase(asking_.begin());
  asking_[++last_asked_] = {session.id(), number};
  return last_asked_;
}

// Whoever gets no answer asks again.
void FogProcess::on_request(Session& session, const wire::Envelope& envelope) {
  const auto node = session.peer()->node;
  if (envelope.has_fetch()) {
    shelf_->fetch(node);
    return fetch_if_wanted();
  }
  if (node.role == NodeId::Role::device && envelope.ask().task().device() != node.index)
    throw FormatError("a device asks about another's task");
  if (!parent_->connected()) return;
  auto passed_on = envelope;
  passed_on.mutable_ask()->set_number(number_for(session, envelope.ask().number()));
  parent_->send(passed_on);
}

void FogProcess::on_verdict(const wire::Envelope& envelope) {
  const auto asking = asking_.extract(envelope.verdict().number());
  if (asking.empty()) return;
  auto answer = envelope;
  answer.mutable_verdict()->set_number(asking.mapped().number);
  children_->answer(asking.mapped().session, answer);
}

// ---- The model for use ---------------------------------------------------------------------------------------------

void FogProcess::fetch_if_wanted() {
  if (!shelf_->wanted() || !parent_->connected()) return;
  wire::Envelope envelope;
  envelope.mutable_fetch();
  parent_->send(envelope);
}

// What comes down for training is the newest model too.
void FogProcess::on_message(Message message) {
  if (const auto* model = std::get_if<ModelMessage>(&message)) return shelf_->put(model->version, model->model);
  if (const auto* asked = std::get_if<AssignMessage>(&message)) shelf_->put(asked->tasks.version, asked->model);
  host_->tell(Received{kParent, std::move(message)});
}

// ---- What comes down -----------------------------------------------------------------------------------------------

void FogProcess::on_envelope(const wire::Envelope& envelope) {
  if (envelope.has_revocations()) return take_revocations(envelope.revocations().list());
  if (envelope.has_current()) return shelf_->announce(envelope.current().version());
  if (envelope.has_verdict()) return on_verdict(envelope);
  if (!envelope.has_issued()) return;
  const auto& issued = envelope.issued();
  if (const auto asking = asking_.extract(issued.number()); !asking.empty()) {
    auto answer = envelope;
    answer.mutable_issued()->set_number(asking.mapped().number);
    children_->answer(asking.mapped().session, answer);
  } else if (issued.number() == 0 && issued.problem().empty()) {
    take_certificate(issued.chain());
  } else if (issued.number() == 0) {
    renewal_refused(issued.problem());
  }
}

bool FogProcess::renew(const std::string& new_key) {
  if (parent_->connected()) parent_->send(renewal(new_key));
  return parent_->connected();
}

void FogProcess::on_certificate() {
  const auto file = identity_file(file_.state);
  parent_tls_.use(file, file);
}

wire::Envelope FogProcess::revocations() const {
  wire::Envelope envelope;
  if (auto list = read_if_there(file_.tls.revocations); !list.empty()) envelope.mutable_revocations()->set_list(list);
  return envelope;
}

void FogProcess::on_revocations() {
  parent_tls_.reload();
  parent_->check_revocations();
  children_->check_revocations(tls_);
  children_->broadcast(revocations());
}

}  // namespace brume::net

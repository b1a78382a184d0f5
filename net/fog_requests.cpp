// What a fog node passes between those below it and the aggregator, and is no part of training.
#include <algorithm>

#include "brume/error.hpp"
#include "net/authority.hpp"
#include "net/fog_process.hpp"
#include "net/renewal.hpp"
#include "net/reports.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::size_t kMostAsking = 1024;
constexpr std::ptrdiff_t kMostOfOne = 2;  // child that is no fog node
constexpr auto kPatience = std::chrono::seconds(30);

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
  auto passed_on = envelope;
  const auto theirs = envelope.has_enrol() ? envelope.enrol().number() : envelope.renew().number();
  const auto number = parent_->connected() ? number_for(session, theirs) : std::nullopt;
  if (!number) {
    const auto* why = parent_->connected() ? "too many nodes ask at once" : "the aggregator is not reached from here";
    return session.peer() ? children_->answer(session.id(), no_certificate(envelope, why))
                          : session.refuse(RefusalCode::not_ready, why, std::chrono::seconds(5));
  }
  envelope.has_enrol() ? passed_on.mutable_enrol()->set_number(*number)
                       : passed_on.mutable_renew()->set_number(*number);
  parent_->send(passed_on);
}

// Under which a question of a child goes up, so that its answer finds the way back. None if too many are on their way,
// of this child or of all: what waits for an answer takes memory here and above.
std::optional<std::uint64_t> FogProcess::number_for(const Session& session, std::uint64_t number) {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(asking_, [&](const auto& entry) { return now - entry.second.since > kPatience; });
  const bool for_many = session.peer() && session.peer()->node.role == NodeId::Role::fog;
  const auto own = std::count_if(asking_.begin(), asking_.end(),
                                 [&](const auto& entry) { return entry.second.session == session.id(); });
  if (asking_.size() >= kMostAsking || (own >= kMostOfOne && !for_many)) return std::nullopt;
  asking_[++last_asked_] = {session.id(), number, now};
  return last_asked_;
}

// Whoever gets no answer asks again.
void FogProcess::on_request(Session& session, const wire::Envelope& envelope) {
  if (envelope.has_fetch()) {
    shelf_->fetch(session.peer()->node);
    return fetch_if_wanted();
  }
  if (!parent_->connected()) return;
  const auto number = number_for(session, envelope.ask().number());
  if (!number) return;
  auto passed_on = envelope;
  passed_on.mutable_ask()->set_number(*number);
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
  if (!shelf_->wanted() || !parent_->connected() || fetching_ == shelf_->newest()) return;
  fetching_ = shelf_->newest();
  wire::Envelope envelope;
  envelope.mutable_fetch();
  parent_->send(envelope);
}

// What comes down for training is the newest model too, if it is whole.
void FogProcess::on_message(Message message) {
  if (const auto* model = std::get_if<ModelMessage>(&message)) return shelf_->put(model->version, model->model);
  const auto* asked = std::get_if<AssignMessage>(&message);
  if (asked && !compression::is_bundle(*asked->model)) shelf_->put(asked->tasks.version, asked->model);
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

void FogProcess::on_revocations() {
  parent_tls_.reload();
  parent_->check_revocations();
  children_->check_revocations(tls_);
  children_->broadcast(revocations());
}

}  // namespace brume::net

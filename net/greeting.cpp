// How a connection becomes a child's.
#include <fmt/format.h>

#include "brume/error.hpp"
#include "net/children.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::chrono::seconds kUntilClocksAgree{60};  // an expired certificate may be a wrong clock, here or there
constexpr auto kBetweenQuestions = std::chrono::seconds(3);  // of one device: each is looked up on the disk

}  // namespace

void Children::refuse(Session& session, RefusalCode code, const std::string& text, std::chrono::seconds retry_after) {
  ++counters_.refused;
  log_.warning("refused", {{"node", session.name()}, {"why", text}});
  session.refuse(code, text, retry_after);
}

void Children::on_secured(Session& session) {
  if (session.channel().resumed()) ++counters_.resumed;
  if (!session.peer()) return;
  if (const auto doubt = tls_.distrust(*session.peer()); !doubt.empty())
    return refuse(session, RefusalCode::revoked, doubt,
                  tls_.revoked(session.peer()->serial) ? std::chrono::seconds(0) : kUntilClocksAgree);
  const auto why = user_.no_member(session.peer()->node);
  if (!why.empty()) refuse(session, RefusalCode::not_a_member, why, std::chrono::seconds(0));
}

void Children::on_envelope(Session& session, const wire::Envelope& envelope) {
  const bool requests = envelope.has_enrol() || envelope.has_renew();
  if (!session.peer() && !envelope.has_enrol())
    return refuse(session, RefusalCode::not_a_member, "without a certificate a node can only enrol",
                  std::chrono::seconds(0));
  if (requests && leaving_) return;
  if (requests) return user_.on_certificate_request(session, envelope);
  if (envelope.has_hello()) return on_hello(session, envelope);
  if (envelope.has_ready()) return on_ready(session, envelope);
  if (envelope.has_refusal()) throw FormatError("the node gave up: " + envelope.refusal().text());
  auto& child = sessions_.at(&session);
  if (envelope.has_ask() && child.node && !may_ask(child, envelope.ask().task().device())) return;
  if ((envelope.has_fetch() || envelope.has_ask()) && child.node) return user_.on_request(session, envelope);
  if (!envelope.has_census() || !child.node || child.node->role != NodeId::Role::fog)
    throw FormatError("a message came that has no place here");
  count_devices(child, envelope.census().devices());
  user_.on_census();
}

// A device about its own tasks, and not all the time. A fog node has seen to those below it.
bool Children::may_ask(Child& child, DeviceIndex about) {
  if (child.node->role != NodeId::Role::device) return true;
  if (child.node->index != about) throw FormatError("a device asks about another's task");
  const auto now = std::chrono::steady_clock::now();
  const bool may = now - child.asked >= kBetweenQuestions;
  if (may) child.asked = now;
  return may;
}

void Children::on_hello(Session& session, const wire::Envelope& envelope) {
  const auto& hello = envelope.hello();
  if (hello.first_protocol() > kProtocol || hello.last_protocol() < kProtocol)
    return refuse(session, RefusalCode::protocol,
                  fmt::format("this node speaks version {} of the protocol, the other {} to {}", kProtocol,
                              hello.first_protocol(), hello.last_protocol()),
                  std::chrono::seconds(0));
  if (const auto why = user_.not_ready(); !why.empty() || leaving_)
    return refuse(session, RefusalCode::not_ready, leaving_ ? "this node is being stopped" : why,
                  std::chrono::seconds(1));
  if (const auto why = user_.no_member(session.peer()->node); !why.empty())
    return refuse(session, RefusalCode::not_a_member, why, std::chrono::seconds(0));
  wire::Envelope answer;
  auto& welcome = *answer.mutable_welcome();
  welcome.set_protocol(kProtocol);
  user_.welcome(session.peer()->node, hello.contract(), welcome);
  sessions_.at(&session).welcomed = true;
  session.send(answer);
}

void Children::on_ready(Session& session, const wire::Envelope& envelope) {
  const auto& ready = envelope.ready();
  if (!sessions_.at(&session).welcomed || session.is_open()) throw FormatError("a node is ready before its welcome");
  const auto layout = user_.layout();
  if (ready.layout_digest() != std::string(layout.begin(), layout.end()))
    return refuse(session, RefusalCode::mismatch,
                  "the model does not come out the same there: other data or another version of the program",
                  std::chrono::seconds(0));
  if (const auto why = user_.too_new(ready.newest()); !why.empty())
    return refuse(session, RefusalCode::ahead, why, std::chrono::seconds(30));
  join(session, ready);
}

void Children::join(Session& session, const wire::Ready& ready) {
  const NodeId node = session.peer()->node;
  if (const auto known = by_node_.find(node); known != by_node_.end()) {
    auto* old = known->second;
    forget(sessions_.at(old));
    refuse(*old, RefusalCode::replaced, "the same node has connected again", std::chrono::seconds(10));
  }
  auto held = held_.extract(node);
  session.open(user_.limits(node.role), held.empty() ? Outbox::Unfinished{} : std::move(held.mapped().outgoing),
               held.empty() ? Incomings{} : std::move(held.mapped().incoming));
  auto& child = sessions_.at(&session);
  child.node = node;
  child.follows = ready.follows();
  count_devices(child, node.role == NodeId::Role::device ? 1 : ready.devices());
  by_node_[node] = &session;
  session.pause_reading(paused_);
  ++counters_.joined;
  log_.info("joined", {{"node", session.name()}, {"certificate", session.peer()->name}});
  user_.on_joined({node, ready.holds() > 0 ? std::optional<Version>(ready.holds() - 1) : std::nullopt});
  user_.on_census();
  if (ready.follows() && connected(node)) tell_newest(*by_node_.at(node));
}

}  // namespace brume::net

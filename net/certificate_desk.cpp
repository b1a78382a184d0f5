#include "net/certificate_desk.hpp"

#include <ctime>

#include "brume/error.hpp"
#include "net/role_host.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::string_view kUsed = "token:";

wire::Envelope issued(NodeId node, const std::string& chain, const std::string& problem) {
  wire::Envelope envelope;
  auto& body = *envelope.mutable_issued();
  body.set_role(static_cast<std::uint32_t>(node.role));
  body.set_device(node.index);
  body.set_chain(chain);
  body.set_problem(problem);
  return envelope;
}

}  // namespace

CertificateDesk::CertificateDesk(Issuer issuer, int days, storage::Store& store, const TlsContext& tls, const Log& log,
                                 std::function<std::string(NodeId)> place)
    : issuer_(std::move(issuer)),
      days_(days),
      store_(store),
      tls_(tls),
      log_(log),
      place_(std::move(place)),
      last_token_(RoleHost::kOwnTokens) {
  for (const auto& [key, value] : store_.all_with_prefix(kUsed)) used_.insert(key.substr(kUsed.size()));
}

std::string CertificateDesk::issue(const Identity& identity, const std::string& public_key) const {
  return issue_chain(identity.node, identity.name, days_, public_key, issuer_);
}

std::string CertificateDesk::chain_for(NodeId node, const std::string& name, const std::string& request) const {
  if (const auto why = place_(node); !why.empty()) throw FormatError(why);
  return issue_chain(node, name, days_, public_key_in(std::as_bytes(std::span(request))), issuer_);
}

void CertificateDesk::handle(Session& session, const wire::Envelope& envelope, Children& children) {
  NodeId node;
  try {
    if (envelope.has_enrol()) {
      if (const auto token = read_token(envelope.enrol().token())) node = token->node;
      return enrol(session, envelope.enrol());
    }
    node = read_renewal(envelope.renew()).node;
    renew(session, envelope.renew(), children);
  } catch (const FormatError& error) {
    ++counters_.refused;
    log_.warning("certificate refused", {{"asked_by", session.name()}, {"node", to_text(node)}, {"why", error.what()}});
    children.answer(&session, issued(node, "", error.what()));
  }
}

void CertificateDesk::enrol(Session& session, const wire::Enrol& enrol) {
  const auto token = check_token(enrol.token(), issuer_, std::time(nullptr));
  if (used_.count(token.nonce) > 0) throw FormatError("the token has been used");
  auto chain = chain_for(token.node, token.name, enrol.request());
  used_.insert(token.nonce);
  waiting_[++last_token_] = {&session, token.node, std::move(chain)};
  store_.put(std::string(kUsed) + token.nonce, Bytes(1), last_token_);
}

void CertificateDesk::on_noted(Token token, Children& children) {
  const auto issue = waiting_.extract(token);
  if (issue.empty()) return;
  ++counters_.issued;
  log_.info("enrolled", {{"node", to_text(issue.mapped().node)}});
  children.answer(issue.mapped().session, issued(issue.mapped().node, issue.mapped().chain, ""));
}

// A fog node passes on what those below it ask for; anybody else asks for itself.
void CertificateDesk::renew(Session& session, const wire::Renew& renew, Children& children) {
  const auto identity = check_renewal(renew, issuer_, std::time(nullptr));
  const auto& peer = session.peer()->node;
  if (peer != identity.node && peer.role != NodeId::Role::fog)
    throw FormatError("a node asks for another's certificate");
  if (tls_.revoked(identity.serial)) throw FormatError("the certificate to be renewed is revoked");
  const auto chain = chain_for(identity.node, identity.name, renew.request());
  ++counters_.issued;
  log_.info("certificate issued", {{"node", to_text(identity.node)}});
  children.answer(&session, issued(identity.node, chain, ""));
}

}  // namespace brume::net

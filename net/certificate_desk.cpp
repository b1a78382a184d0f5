#include "net/certificate_desk.hpp"

#include <ctime>

#include "brume/error.hpp"
#include "net/role_host.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::string_view kUsed = "token:";

wire::Envelope issued(NodeId node, std::uint64_t number, const std::string& chain, const std::string& problem) {
  wire::Envelope envelope;
  auto& body = *envelope.mutable_issued();
  body.set_role(static_cast<std::uint32_t>(node.role));
  body.set_device(node.index);
  body.set_number(number);
  body.set_chain(chain);
  body.set_problem(problem);
  return envelope;
}

}  // namespace

CertificateDesk::CertificateDesk(const std::filesystem::path& authority, int days, storage::Store& store,
                                 const TlsContext& tls, const Log& log, std::function<std::string(NodeId)> place)
    : authority_(authority),
      issuer_(authority_.issuer()),
      days_(days),
      store_(store),
      tls_(tls),
      log_(log),
      place_(std::move(place)),
      last_token_(RoleHost::kOwnTokens) {
  for (const auto& [key, value] : store_.all_with_prefix(kUsed))
    used_[key.substr(kUsed.size())] = std::string(reinterpret_cast<const char*>(value.data()), value.size());
}

std::string CertificateDesk::issue(const Identity& identity, const std::string& public_key) {
  auto chain = issue_chain(identity.node, identity.name, days_, public_key, issuer_);
  authority_.note(identity_in(chain));
  return chain;
}

std::string CertificateDesk::chain_for(NodeId node, const std::string& name, const std::string& public_key) {
  if (const auto why = place_(node); !why.empty()) throw FormatError(why);
  return issue({node, name, {}, 0, 0}, public_key);
}

void CertificateDesk::handle(Session& session, const wire::Envelope& envelope, Children& children) {
  NodeId node;
  const auto number = envelope.has_enrol() ? envelope.enrol().number() : envelope.renew().number();
  try {
    if (envelope.has_enrol()) {
      if (const auto token = read_token(envelope.enrol().token())) node = token->node;
      return enrol(session, envelope.enrol(), children);
    }
    node = read_renewal(envelope.renew()).node;
    renew(session, envelope.renew(), children);
  } catch (const FormatError& error) {
    ++counters_.refused;
    log_.warning("certificate refused", {{"asked_by", session.name()}, {"node", to_text(node)}, {"why", error.what()}});
    children.answer(session.id(), issued(node, number, "", error.what()));
  }
}

void CertificateDesk::enrol(Session& session, const wire::Enrol& enrol, Children& children) {
  const auto token = check_token(enrol.token(), issuer_, std::time(nullptr));
  const auto key = public_key_in(std::as_bytes(std::span(enrol.request())));
  const auto used = used_.find(token.nonce);
  if (used != used_.end() && used->second != key) throw FormatError("the token has been used");
  auto chain = chain_for(token.node, token.name, key);
  if (used != used_.end()) return children.answer(session.id(), issued(token.node, enrol.number(), chain, ""));
  used_[token.nonce] = key;
  waiting_[++last_token_] = {session.id(), enrol.number(), token.node, std::move(chain)};
  const auto bytes = std::as_bytes(std::span(key));
  store_.put(std::string(kUsed) + token.nonce, Bytes(bytes.begin(), bytes.end()), last_token_);
}

void CertificateDesk::on_noted(Token token, Children& children) {
  const auto entry = waiting_.extract(token);
  if (entry.empty()) return;
  const auto& issue = entry.mapped();
  ++counters_.issued;
  log_.info("enrolled", {{"node", to_text(issue.node)}});
  children.answer(issue.session, issued(issue.node, issue.number, issue.chain, ""));
}

// A fog node passes on what those below it ask for; anybody else asks for itself.
void CertificateDesk::renew(Session& session, const wire::Renew& renew, Children& children) {
  const auto identity = check_renewal(renew, issuer_, std::time(nullptr));
  const auto& peer = session.peer()->node;
  if (peer != identity.node && peer.role != NodeId::Role::fog)
    throw FormatError("a node asks for another's certificate");
  if (tls_.revoked(identity.serial)) throw FormatError("the certificate to be renewed is revoked");
  const auto chain = chain_for(identity.node, identity.name, public_key_in(std::as_bytes(std::span(renew.request()))));
  ++counters_.issued;
  log_.info("certificate issued", {{"node", to_text(identity.node)}});
  children.answer(session.id(), issued(identity.node, renew.number(), chain, ""));
}

}  // namespace brume::net

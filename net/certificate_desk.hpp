#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "net/children.hpp"
#include "net/renewal.hpp"
#include "storage/store.hpp"

namespace brume::net {

/// Where the aggregator issues certificates: for one-time tokens and for present certificates. A token is on disk as
/// used before its certificate goes out; whoever lost the answer gets another one for the same key. What is issued
/// stands in the authority's own list, so that it can be revoked.
class CertificateDesk {
 public:
  struct Counters {
    std::uint64_t issued = 0;
    std::uint64_t refused = 0;
  };

  /// `place` says why a node has no place in the federation, or "".
  CertificateDesk(const std::filesystem::path& authority, int days, storage::Store& store, const TlsContext& tls,
                  const Log& log, std::function<std::string(NodeId)> place);

  /// Answers at once or, behind the store, in on_noted().
  void handle(Session& session, const wire::Envelope& envelope, Children& children);
  void on_noted(Token token, Children& children);

  /// A certificate for one's own new key.
  std::string issue(const Identity& identity, const std::string& public_key);
  const Counters& counters() const { return counters_; }

 private:
  struct Issue {
    std::uint64_t session = 0;
    std::uint64_t number = 0;
    NodeId node;
    std::string chain;
  };
  void enrol(Session& session, const wire::Enrol& enrol, Children& children);
  void renew(Session& session, const wire::Renew& renew, Children& children);
  std::string chain_for(NodeId node, const std::string& name, const std::string& public_key);

  Authority authority_;
  Issuer issuer_;
  int days_;
  storage::Store& store_;
  const TlsContext& tls_;
  const Log& log_;
  std::function<std::string(NodeId)> place_;
  std::map<std::string, std::string> used_;  // nonces of tokens, and for which key
  std::map<Token, Issue> waiting_;
  Token last_token_;
  Counters counters_;
};

}  // namespace brume::net

#pragma once

#include <optional>
#include <string>

#include "net/authority.hpp"

namespace brume::wire {
class Enrol;
class Issued;
class Renew;
}  // namespace brume::wire

namespace brume::net {

// How nodes come by certificates over the network. A node's present identity, its key and its certificates in one file,
// is exchanged as a whole: `identity.pem` in its state folder goes before the files of node.yaml.

/// A one-time token for a node of that name: "brume1:NODE:NAME:EXPIRY:NONCE:MAC", signed with what only the issuer
/// knows (HMAC-SHA-256, RFC 2104).
std::string make_token(NodeId node, const std::string& name, std::int64_t expiry, const Issuer& issuer);

struct EnrolmentToken {
  NodeId node;
  std::string name;
  std::int64_t expiry = 0;
  std::string nonce;
};
/// What a token says, without believing it; none if it is no token.
std::optional<EnrolmentToken> read_token(const std::string& token);
/// Throws FormatError for one that the issuer did not make, or that has expired at `now` (seconds since 1970). Whether
/// it has been used is for the caller to know.
EnrolmentToken check_token(const std::string& token, const Issuer& issuer, std::int64_t now);

/// A request for a certificate of a new key in the place of the present one, signed by both.
void fill_renewal(const std::string& new_key, const std::string& certificate, const std::string& key,
                  wire::Renew& renew);
/// Who asks. Throws FormatError unless the present certificate is the issuer's, is valid, and signed the request.
Identity check_renewal(const wire::Renew& renew, const Issuer& issuer, std::int64_t now);
/// Who asks, without believing it.
Identity read_renewal(const wire::Renew& renew);

}  // namespace brume::net

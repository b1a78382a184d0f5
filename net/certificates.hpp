#pragma once

#include <chrono>
#include <set>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "net/identity.hpp"

namespace brume::net {

// Keys, certificates and lists as PEM texts: P-256 and ECDSA with SHA-256 (FIPS 186-5), X.509 (RFC 5280). Each throws
// Error, or FormatError for what is no such text.

/// A private key of its own, PKCS #8.
std::string make_key();

struct CertificateRequest {
  std::string common_name;
  std::chrono::seconds lifetime{};
};

/// A certificate that signs others and itself.
std::string make_root(const CertificateRequest& request, const std::string& key);
/// One that signs nodes' and nothing else.
std::string make_intermediate(const CertificateRequest& request, const std::string& key, const std::string& root,
                              const std::string& root_key);

/// A certificate and its key.
struct Issuer {
  std::string certificate;
  std::string key;
};
/// A node's certificate for a public key, with a random serial number. Aggregators are servers, devices clients, fog
/// nodes both.
std::string make_certificate(NodeId node, const CertificateRequest& request, const std::string& public_key,
                             const Issuer& issuer);
std::string public_key_of(const std::string& key);
std::string public_key_of_certificate(const std::string& certificate);

/// A request (PKCS #10) for a certificate of `key`, in DER; and the public key in one whose signature is its own.
Bytes make_signing_request(const std::string& key);
std::string public_key_in(std::span<const std::byte> signing_request);

/// The list of what is revoked (RFC 5280, section 5), valid for a year.
std::string make_revocations(const std::set<std::string>& serials, const Issuer& issuer);
std::set<std::string> serials_in(const std::string& revocations);

/// Of the first certificate in the text.
Identity identity_in(const std::string& certificate);

}  // namespace brume::net

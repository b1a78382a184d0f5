#include "net/renewal.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <charconv>
#include <vector>

#include "brume/error.hpp"
#include "core/sha256.hpp"
#include "net/openssl.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

constexpr std::string_view kMark = "brume1";
constexpr std::size_t kMostTokenBytes = 512;
constexpr std::size_t kMostDerBytes = 8192;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// The issuer's private key never leaves its host, so what is derived from it is known there alone.
std::string mac(std::string_view text, const Issuer& issuer) {
  Sha256 hash;
  hash.update(bytes_of("brume enrolment"));
  hash.update(bytes_of(issuer.key));
  const auto key = hash.finish();
  std::array<std::uint8_t, 32> out{};
  unsigned length = out.size();
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), out.data(), &length))
    throw Error(openssl_error("HMAC failed"));
  return to_hex(out);
}

std::string hex_of(const Bytes& bytes) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

CertificatePointer certificate_in(const std::string& der) {
  if (der.size() > kMostDerBytes) throw FormatError("a certificate is too long");
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  CertificatePointer certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  if (!certificate) throw FormatError("not a certificate: " + openssl_error("unreadable"));
  return certificate;
}

template <class Pointer, class Read>
Pointer from_pem(const std::string& text, const Read& read) {
  const BioPointer bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  Pointer object(read(bio.get(), nullptr, nullptr, nullptr));
  if (!object) throw FormatError(openssl_error("not what it should be in PEM"));
  return object;
}

std::string sign(std::string_view text, const std::string& key) {
  const auto pair = from_pem<KeyPointer>(key, PEM_read_bio_PrivateKey);
  const OpensslPointer<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  std::string signature(256, '\0');
  std::size_t length = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pair.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
    throw Error(openssl_error("signing failed"));
  signature.resize(length);
  return signature;
}

bool is_signed(std::string_view text, const std::string& signature, EVP_PKEY* key) {
  const OpensslPointer<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  const bool valid =
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  (void)openssl_error("");
  return valid;
}

}  // namespace

// ---- Tokens -------------------------------------------------------------------------------------------------------

std::string make_token(NodeId node, const std::string& name, std::int64_t expiry, const Issuer& issuer) {
  const auto nonce = random_bytes(16);
  const auto text = fmt::format("{}:{}:{}:{}:{}", kMark, to_text(node), name, expiry, hex_of(nonce));
  return text + ":" + mac(text, issuer);
}

std::optional<EnrolmentToken> read_token(const std::string& token) {
  const auto parts = split(token.substr(0, kMostTokenBytes), ':');
  if (token.size() > kMostTokenBytes || parts.size() != 6 || parts[0] != kMark) return std::nullopt;
  const auto node = node_from(parts[1]);
  EnrolmentToken read{{}, parts[2], 0, parts[4]};
  const auto [end, failure] = std::from_chars(parts[3].data(), parts[3].data() + parts[3].size(), read.expiry);
  if (!node || failure != std::errc() || end != parts[3].data() + parts[3].size()) return std::nullopt;
  read.node = *node;
  return read;
}

EnrolmentToken check_token(const std::string& token, const Issuer& issuer, std::int64_t now) {
  const auto read = read_token(token);
  if (!read) throw FormatError("this is no token");
  const auto last = token.rfind(':');
  const auto expected = mac(std::string_view(token).substr(0, last), issuer);
  const auto given = token.substr(last + 1);
  if (given.size() != expected.size() || CRYPTO_memcmp(given.data(), expected.data(), expected.size()) != 0)
    throw FormatError("the token was not made by this fleet's authority");
  if (read->expiry < now) throw FormatError("the token has expired");
  return *read;
}

// ---- Renewal ------------------------------------------------------------------------------------------------------

void fill_renewal(const std::string& new_key, const std::string& certificate, const std::string& key,
                  wire::Renew& renew) {
  const auto request = make_signing_request(new_key);
  renew.set_request(std::string(reinterpret_cast<const char*>(request.data()), request.size()));
  const auto present = from_pem<CertificatePointer>(certificate, PEM_read_bio_X509);
  unsigned char* der = nullptr;
  const int length = i2d_X509(present.get(), &der);
  if (length <= 0) throw Error(openssl_error("the certificate cannot be written"));
  renew.set_certificate(std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)));
  OPENSSL_free(der);
  renew.set_signature(sign(renew.request(), key));
}

Identity read_renewal(const wire::Renew& renew) { return identity_of(*certificate_in(renew.certificate())); }

Identity check_renewal(const wire::Renew& renew, const Issuer& issuer, std::int64_t now) {
  const auto certificate = certificate_in(renew.certificate());
  const auto above = from_pem<CertificatePointer>(issuer.certificate, PEM_read_bio_X509);
  if (X509_verify(certificate.get(), X509_get0_pubkey(above.get())) != 1)
    throw FormatError("the certificate to be renewed is not this authority's: " + openssl_error("unsigned"));
  if (!is_signed(renew.request(), renew.signature(), X509_get0_pubkey(certificate.get())))
    throw FormatError("a renewal is not signed by the present key");
  auto identity = identity_of(*certificate);
  if (identity.not_after < now) throw FormatError("the certificate to be renewed has expired");
  return identity;
}

}  // namespace brume::net

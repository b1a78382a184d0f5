#include "net/certificates.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>

#include "brume/error.hpp"
#include "net/openssl.hpp"

namespace brume::net {

namespace {

template <class T>
T* checked(T* object, const char* what) {
  if (!object) throw Error(fmt::format("{}: {}", what, openssl_error("OpenSSL failed")));
  return object;
}
void check(int code, const char* what) {
  if (code <= 0) throw Error(fmt::format("{}: {}", what, openssl_error("OpenSSL failed")));
}

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(&bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

// What one of OpenSSL's PEM writers makes of an object.
template <class Write>
std::string pem(const Write& write) {
  const BioPointer bio(checked(BIO_new(BIO_s_mem()), "PEM"));
  check(write(bio.get()), "PEM");
  return text_of(*bio);
}

template <class Pointer, class Read>
Pointer from_pem(const std::string& text, const char* what, const Read& read) {
  const BioPointer bio(checked(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), "PEM"));
  Pointer object(read(bio.get(), nullptr, nullptr, nullptr));
  if (!object) throw FormatError(fmt::format("not {} in PEM: {}", what, openssl_error("nothing of the kind is there")));
  return object;
}
KeyPointer key_from(const std::string& text) {
  return from_pem<KeyPointer>(text, "a private key", PEM_read_bio_PrivateKey);
}
CertificatePointer certificate_from(const std::string& text) {
  return from_pem<CertificatePointer>(text, "a certificate", PEM_read_bio_X509);
}

void set_random_serial(X509& certificate) {
  const OpensslPointer<BIGNUM, BN_free> number(checked(BN_new(), "serial number"));
  check(BN_rand(number.get(), 126, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), "serial number");
  checked(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)), "serial number");
}

void add_extension(X509& certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
  const OpensslPointer<X509_EXTENSION, X509_EXTENSION_free> extension(
      checked(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), "extension"));
  check(X509_add_ext(&certificate, extension.get(), -1), "extension");
}

// Valid from an hour ago: clocks of small devices are behind.
CertificatePointer begin(const CertificateRequest& request, EVP_PKEY& key) {
  CertificatePointer certificate(checked(X509_new(), "certificate"));
  check(X509_set_version(certificate.get(), 2), "certificate");
  set_random_serial(*certificate);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), request.lifetime.count());
  check(X509_set_pubkey(certificate.get(), &key), "certificate");
  const auto* name = reinterpret_cast<const unsigned char*>(request.common_name.data());
  check(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, MBSTRING_UTF8, name,
                                   static_cast<int>(request.common_name.size()), -1, 0),
        "name");
  return certificate;
}

std::string sign(CertificatePointer certificate, const X509& issuer, EVP_PKEY& key) {
  check(X509_set_issuer_name(certificate.get(), X509_get_subject_name(&issuer)), "issuer");
  check(X509_sign(certificate.get(), &key, EVP_sha256()), "signature");
  return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

void add_authority(X509& certificate, X509* issuer, const char* constraint) {
  add_extension(certificate, issuer, NID_basic_constraints, constraint);
  add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
}

const char* usage_of(NodeId::Role role) {
  switch (role) {
    case NodeId::Role::cloud:
      return "serverAuth";
    case NodeId::Role::fog:
      return "serverAuth,clientAuth";
    case NodeId::Role::device:
      return "clientAuth";
  }
  return "";
}

}  // namespace

std::string make_key() {
  const KeyPointer key(checked(EVP_EC_gen("P-256"), "key"));
  return pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string public_key_of(const std::string& key) {
  const auto pair = key_from(key);
  return pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, pair.get()); });
}

std::string public_key_of_certificate(const std::string& certificate) {
  const auto parsed = certificate_from(certificate);
  return pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, X509_get0_pubkey(parsed.get())); });
}

std::string make_root(const CertificateRequest& request, const std::string& key) {
  const auto pair = key_from(key);
  auto root = begin(request, *pair);
  add_authority(*root, root.get(), "critical,CA:TRUE,pathlen:1");
  const auto* self = root.get();
  return sign(std::move(root), *self, *pair);
}

std::string make_intermediate(const CertificateRequest& request, const std::string& key, const std::string& root,
                              const std::string& root_key) {
  const auto pair = key_from(key);
  const auto above = certificate_from(root);
  auto certificate = begin(request, *pair);
  add_authority(*certificate, above.get(), "critical,CA:TRUE,pathlen:0");
  add_extension(*certificate, above.get(), NID_authority_key_identifier, "keyid");
  const auto signer = key_from(root_key);
  return sign(std::move(certificate), *above, *signer);
}

std::string make_certificate(NodeId node, const CertificateRequest& request, const std::string& public_key,
                             const Issuer& issuer) {
  const auto key = from_pem<KeyPointer>(public_key, "a public key", PEM_read_bio_PUBKEY);
  const auto above = certificate_from(issuer.certificate);
  auto certificate = begin(request, *key);
  add_extension(*certificate, above.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(*certificate, above.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(*certificate, above.get(), NID_ext_key_usage, usage_of(node.role));
  add_extension(*certificate, above.get(), NID_subject_key_identifier, "hash");
  add_extension(*certificate, above.get(), NID_authority_key_identifier, "keyid");
  add_extension(*certificate, above.get(), NID_subject_alt_name, "URI:brume:" + to_text(node));
  const auto signer = key_from(issuer.key);
  return sign(std::move(certificate), *above, *signer);
}

// ---- Requests -----------------------------------------------------------------------------------------------------

Bytes make_signing_request(const std::string& key) {
  const auto pair = key_from(key);
  const RequestPointer request(checked(X509_REQ_new(), "request"));
  check(X509_REQ_set_pubkey(request.get(), pair.get()), "request");
  check(X509_REQ_sign(request.get(), pair.get(), EVP_sha256()), "request");
  unsigned char* der = nullptr;
  const int length = i2d_X509_REQ(request.get(), &der);
  check(length, "request");
  const auto* bytes = reinterpret_cast<const std::byte*>(der);
  Bytes result(bytes, bytes + length);
  OPENSSL_free(der);
  return result;
}

std::string public_key_in(std::span<const std::byte> signing_request) {
  const auto* der = reinterpret_cast<const unsigned char*>(signing_request.data());
  const RequestPointer request(d2i_X509_REQ(nullptr, &der, static_cast<long>(signing_request.size())));
  if (!request) throw FormatError("not a request for a certificate: " + openssl_error("unreadable"));
  EVP_PKEY* key = X509_REQ_get0_pubkey(request.get());
  if (!key || X509_REQ_verify(request.get(), key) != 1)
    throw FormatError("a request for a certificate is not signed by its key: " + openssl_error("unsigned"));
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) throw FormatError("the key of a node must be one for ECDSA");
  return pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key); });
}

// ---- Revocation ---------------------------------------------------------------------------------------------------

std::string make_revocations(const std::set<std::string>& serials, const Issuer& issuer) {
  const auto above = certificate_from(issuer.certificate);
  const RevocationsPointer list(checked(X509_CRL_new(), "list"));
  check(X509_CRL_set_version(list.get(), 1), "list");
  check(X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(above.get())), "list");
  const OpensslPointer<ASN1_TIME, ASN1_TIME_free> now(checked(X509_gmtime_adj(nullptr, 0), "time"));
  const OpensslPointer<ASN1_TIME, ASN1_TIME_free> next(checked(X509_gmtime_adj(nullptr, 365L * 86400), "time"));
  check(X509_CRL_set1_lastUpdate(list.get(), now.get()), "list");
  check(X509_CRL_set1_nextUpdate(list.get(), next.get()), "list");
  for (const auto& serial : serials) {
    BIGNUM* number = nullptr;
    check(BN_hex2bn(&number, serial.c_str()), "serial number");
    const OpensslPointer<BIGNUM, BN_free> owned(number);
    const OpensslPointer<ASN1_INTEGER, ASN1_INTEGER_free> as_integer(BN_to_ASN1_INTEGER(number, nullptr));
    auto* revoked = checked(X509_REVOKED_new(), "list");
    X509_REVOKED_set_serialNumber(revoked, as_integer.get());
    X509_REVOKED_set_revocationDate(revoked, now.get());
    check(X509_CRL_add0_revoked(list.get(), revoked), "list");
  }
  X509_CRL_sort(list.get());
  const auto signer = key_from(issuer.key);
  check(X509_CRL_sign(list.get(), signer.get(), EVP_sha256()), "list");
  return pem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

std::set<std::string> serials_in(const std::string& revocations) {
  const auto list = from_pem<RevocationsPointer>(revocations, "a list of revoked certificates", PEM_read_bio_X509_CRL);
  std::set<std::string> serials;
  auto* revoked = X509_CRL_get_REVOKED(list.get());
  for (int i = 0; revoked && i < sk_X509_REVOKED_num(revoked); ++i)
    serials.insert(serial_of(*X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i))));
  return serials;
}

Identity identity_in(const std::string& certificate) { return identity_of(*certificate_from(certificate)); }

}  // namespace brume::net

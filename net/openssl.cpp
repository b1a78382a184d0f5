#include "net/openssl.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>

#include "brume/error.hpp"
#include "net/identity.hpp"

namespace brume::net {

std::string openssl_error(const std::string& otherwise) {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return otherwise;
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : otherwise;
}

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw Error("the system gives no random numbers");
  return bytes;
}

std::string serial_of(const ASN1_INTEGER& serial) {
  const OpensslPointer<BIGNUM, BN_free> number(ASN1_INTEGER_to_BN(&serial, nullptr));
  char* text = BN_bn2hex(number.get());
  std::string result = text;
  OPENSSL_free(text);
  return result;
}

namespace {

std::string common_name(const X509& certificate) {
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(&certificate), NID_commonName, name, sizeof name);
  return name;
}

std::optional<NodeId> node_in(const X509& certificate) {
  constexpr std::string_view kScheme = "brume:";
  const OpensslPointer<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const auto* uri = name->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri)));
    if (text.substr(0, kScheme.size()) == kScheme) return node_from(text.substr(kScheme.size()));
  }
  return std::nullopt;
}

}  // namespace

std::int64_t seconds_since_1970(const ASN1_TIME* time) {
  tm broken_down{};
  ASN1_TIME_to_tm(time, &broken_down);
  return timegm(&broken_down);
}

Identity identity_of(const X509& certificate) {
  const auto node = node_in(certificate);
  if (!node) throw FormatError("the certificate of '" + common_name(certificate) + "' names no node of a federation");
  return {*node, common_name(certificate), serial_of(*X509_get0_serialNumber(&certificate)),
          seconds_since_1970(X509_get0_notBefore(&certificate)), seconds_since_1970(X509_get0_notAfter(&certificate))};
}

}  // namespace brume::net

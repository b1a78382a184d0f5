#pragma once

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "core/bytes.hpp"

// Owners of OpenSSL's objects, and its errors as texts.
namespace brume::net {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using OpensslPointer = std::unique_ptr<T, OpensslFree<Free>>;

using SslPointer = OpensslPointer<SSL, SSL_free>;
using SslContextPointer = OpensslPointer<SSL_CTX, SSL_CTX_free>;
using SslSessionPointer = OpensslPointer<SSL_SESSION, SSL_SESSION_free>;
using KeyPointer = OpensslPointer<EVP_PKEY, EVP_PKEY_free>;
using CertificatePointer = OpensslPointer<X509, X509_free>;
using RequestPointer = OpensslPointer<X509_REQ, X509_REQ_free>;
using RevocationsPointer = OpensslPointer<X509_CRL, X509_CRL_free>;
using BioPointer = OpensslPointer<BIO, BIO_free>;

/// The oldest error of this thread's queue, which is emptied; `otherwise` if there is none.
std::string openssl_error(const std::string& otherwise);

/// From the system's generator, for secrets. Throws Error.
Bytes random_bytes(std::size_t count);

/// A certificate's identity. Throws FormatError if it names no node.
struct Identity;
Identity identity_of(const X509& certificate);
std::string serial_of(const ASN1_INTEGER& serial);

std::int64_t seconds_since_1970(const ASN1_TIME* time);

}  // namespace brume::net

#include "net/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>

#include <ctime>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "net/openssl.hpp"

namespace brume::net {

namespace {

constexpr std::size_t kMostPemBytes = 16 << 20;
constexpr unsigned char kSessionContext[] = "brume";

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& otherwise) {
  throw RequestError(fmt::format("{}: {}", file.string(), openssl_error(otherwise)));
}

std::filesystem::file_time_type time_of(const std::filesystem::path& file) {
  std::error_code failure;
  const auto time = std::filesystem::last_write_time(file, failure);
  return failure ? std::filesystem::file_time_type{} : time;
}

void require(const std::filesystem::path& file) { (void)read_text_file(file, kMostPemBytes); }

}  // namespace

struct TlsContext::Handle {
  SslContextPointer context;
  SslSessionPointer session;  // of a client: the latest, to be resumed
  std::mutex mutex;           // of `session`
};

struct TlsSocket::Connection {
  std::shared_ptr<TlsContext::Handle> handle;
  SslPointer ssl;
};

// ---- The context --------------------------------------------------------------------------------------------------

TlsContext::TlsContext(Side side, TlsFiles files) : side_(side), files_(std::move(files)) {
  handle_ = make_handle();
  revoked_ = read_revocations();
  certificate_time_ = time_of(files_.certificate);
  revocations_time_ = time_of(files_.revocations);
  if (auto* own = SSL_CTX_get0_certificate(handle_->context.get())) own_ = identity_of(*own);
  if (own_ && own_->not_after < std::time(nullptr))
    throw RequestError(fmt::format("{}: the certificate has expired", files_.certificate.string()));
}

TlsContext::~TlsContext() = default;

std::unique_ptr<TlsContext::Handle> TlsContext::make_handle() const {
  auto handle = std::make_unique<Handle>();
  handle->context.reset(SSL_CTX_new(TLS_method()));
  auto* context = handle->context.get();
  if (!context) throw Error(openssl_error("cannot set up TLS"));
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // one call of the system for several records; the buffer goes when it is empty
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_cache_mode(
      context, side_ == Side::client ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
  SSL_CTX_set_app_data(context, handle.get());
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    auto* owner = static_cast<Handle*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const std::lock_guard guard(owner->mutex);
    owner->session.reset(session);
    return 1;  // it is ours now
  });
  require(files_.authority);
  if (SSL_CTX_load_verify_file(context, files_.authority.c_str()) != 1)
    refuse(files_.authority, "no certificate of an authority");
  if (files_.certificate.empty()) return handle;
  require(files_.certificate);
  require(files_.key);
  if (SSL_CTX_use_certificate_chain_file(context, files_.certificate.c_str()) != 1)
    refuse(files_.certificate, "no certificate");
  if (SSL_CTX_use_PrivateKey_file(context, files_.key.c_str(), SSL_FILETYPE_PEM) != 1)
    refuse(files_.key, "no private key");
  if (SSL_CTX_check_private_key(context) != 1) refuse(files_.key, "the key is not the certificate's");
  return handle;
}

// The list must be signed by whoever issued this node's certificate.
TlsContext::Revocations TlsContext::read_revocations() const {
  if (files_.revocations.empty() || !std::filesystem::exists(files_.revocations)) return {};
  return revocations_in(read_text_file(files_.revocations, kMostPemBytes));
}

TlsContext::Revocations TlsContext::revocations_in(const std::string& text) const {
  const BioPointer source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const RevocationsPointer list(PEM_read_bio_X509_CRL(source.get(), nullptr, nullptr, nullptr));
  if (!list) refuse(files_.revocations, "no list of revoked certificates");
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(handle_->context.get(), &chain);
  bool trusted = false;
  for (int i = 0; chain && i < sk_X509_num(chain); ++i)
    trusted = trusted || X509_CRL_verify(list.get(), X509_get0_pubkey(sk_X509_value(chain, i))) == 1;
  ERR_clear_error();
  if (!trusted)
    refuse(files_.revocations, "the list is not signed by the authority that issued this node's certificate");
  Revocations found;
  found.made = seconds_since_1970(X509_CRL_get0_lastUpdate(list.get()));
  auto* revoked = X509_CRL_get_REVOKED(list.get());
  for (int i = 0; revoked && i < sk_X509_REVOKED_num(revoked); ++i)
    found.serials.insert(serial_of(*X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(revoked, i))));
  return found;
}

void TlsContext::exchange_handle() {
  auto fresh = make_handle();
  auto own = identity_of(*SSL_CTX_get0_certificate(fresh->context.get()));
  const std::lock_guard guard(mutex_);
  handle_ = std::move(fresh);
  own_ = std::move(own);
  certificate_time_ = time_of(files_.certificate);
}

void TlsContext::use(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const auto before = files_;
  files_.certificate = certificate;
  files_.key = key;
  try {
    exchange_handle();
  } catch (...) {
    files_ = before;
    throw;
  }
}

// The list first, and a list that is gone for a moment revokes nobody anew: what is known stays.
bool TlsContext::reload() {
  const auto time = time_of(files_.revocations);
  const bool changed = time != revocations_time_ && time != std::filesystem::file_time_type{};
  if (changed) {
    auto revoked = read_revocations();
    const std::lock_guard guard(mutex_);
    revocations_time_ = time;
    revoked_ = std::move(revoked);
  }
  if (time_of(files_.certificate) != certificate_time_) exchange_handle();
  return changed;
}

void TlsContext::require_revocations(const std::string& list) const {
  const auto made = revocations_in(list).made;
  const std::lock_guard guard(mutex_);
  if (made < revoked_.made) throw RequestError("it is older than the present one");
}

bool TlsContext::revoked(const std::string& serial) const {
  const std::lock_guard guard(mutex_);
  return revoked_.serials.count(serial) > 0;
}

std::string TlsContext::distrust(const Identity& peer) const {
  if (peer.not_after < std::time(nullptr)) return fmt::format("the certificate of {} has expired", to_text(peer.node));
  return revoked(peer.serial) ? fmt::format("the certificate of {} is revoked", to_text(peer.node)) : std::string();
}

// ---- A connection -------------------------------------------------------------------------------------------------

TlsSocket::TlsSocket(const TlsContext& context, int descriptor) : connection_(std::make_unique<Connection>()) {
  {
    const std::lock_guard guard(context.mutex_);
    connection_->handle = context.handle_;
  }
  auto& handle = *connection_->handle;
  connection_->ssl.reset(SSL_new(handle.context.get()));
  auto* ssl = connection_->ssl.get();
  if (!ssl || SSL_set_fd(ssl, descriptor) != 1) throw Error(openssl_error("cannot set up a TLS connection"));
  if (context.side_ == TlsContext::Side::server) {
    SSL_set_accept_state(ssl);
    return;
  }
  SSL_set_connect_state(ssl);
  const std::lock_guard guard(handle.mutex);
  if (handle.session) SSL_set_session(ssl, handle.session.get());
}

TlsSocket::~TlsSocket() = default;
TlsSocket::TlsSocket(TlsSocket&&) noexcept = default;

namespace {

TlsSocket::Result result_of(SSL* ssl, int code) {
  switch (SSL_get_error(ssl, code)) {
    case SSL_ERROR_WANT_READ:
      return TlsSocket::Result::want_read;
    case SSL_ERROR_WANT_WRITE:
      return TlsSocket::Result::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return TlsSocket::Result::closed;
    case SSL_ERROR_SYSCALL:  // the peer has gone without a word
      ERR_clear_error();
      return TlsSocket::Result::closed;
    default: {
      const auto unverified = SSL_get_verify_result(ssl);
      if (unverified != X509_V_OK) {
        ERR_clear_error();
        throw Error(
            fmt::format("the peer's certificate is not accepted: {}", X509_verify_cert_error_string(unverified)));
      }
      const auto said = openssl_error("TLS failed");
      if (said.find("unexpected eof") != std::string::npos) return TlsSocket::Result::closed;
      if (said == "wrong version number" || said == "http request" || said == "packet length too long")
        throw Error("the peer does not speak TLS");
      throw Error(said);
    }
  }
}

}  // namespace

TlsSocket::Result TlsSocket::handshake() {
  auto* ssl = connection_->ssl.get();
  ERR_clear_error();
  const int code = SSL_do_handshake(ssl);
  return code == 1 ? Result::done : result_of(ssl, code);
}

TlsSocket::Result TlsSocket::read(std::span<std::byte> out, std::size_t& count) {
  auto* ssl = connection_->ssl.get();
  ERR_clear_error();
  count = 0;
  const int code = SSL_read_ex(ssl, out.data(), out.size(), &count);
  return code == 1 ? Result::done : result_of(ssl, code);
}

TlsSocket::Result TlsSocket::write(std::span<const std::byte> bytes) {
  auto* ssl = connection_->ssl.get();
  ERR_clear_error();
  std::size_t count = 0;
  const int code = SSL_write_ex(ssl, bytes.data(), bytes.size(), &count);
  return code == 1 ? Result::done : result_of(ssl, code);
}

// Without it the peer's session could not be resumed.
void TlsSocket::close_notify() noexcept {
  if (connection_ && SSL_is_init_finished(connection_->ssl.get())) SSL_shutdown(connection_->ssl.get());
  ERR_clear_error();
}

std::optional<Identity> TlsSocket::peer() const {
  const CertificatePointer certificate(SSL_get1_peer_certificate(connection_->ssl.get()));
  if (!certificate) return std::nullopt;
  return identity_of(*certificate);
}

bool TlsSocket::resumed() const { return SSL_session_reused(connection_->ssl.get()) == 1; }

}  // namespace brume::net

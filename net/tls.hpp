#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "net/identity.hpp"

namespace brume::net {

/// What a node proves itself with, and whom it believes: PEM files.
struct TlsFiles {
  std::filesystem::path authority;    ///< the root's certificate
  std::filesystem::path certificate;  ///< this node's, the intermediate's behind it; empty before enrolment
  std::filesystem::path key;
  std::filesystem::path revocations;  ///< signed by the intermediate; may be missing
};

/// TLS 1.3 (RFC 8446) with certificates on both sides, by OpenSSL: what all connections of a node share. Peers may come
/// without a certificate, but then can do nothing but enrol. Thread-safe.
class TlsContext {
 public:
  enum class Side : std::uint8_t { server, client };

  /// Throws RequestError when a file is missing, does not fit to another, or has expired.
  TlsContext(Side side, TlsFiles files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Reads the files again that have changed; connections that are up keep what they began with. Returns whether the
  /// revocations changed. Throws as the constructor, and then keeps what it had.
  bool reload();
  /// Proves itself with another certificate and key from the next connection on. Throws as the constructor.
  void use(const std::filesystem::path& certificate, const std::filesystem::path& key);
  bool revoked(const std::string& serial) const;
  /// Throws RequestError unless this list is signed by the authority that issued the own certificate, and no older than
  /// the present one.
  void require_revocations(const std::string& list) const;
  /// Why a peer's certificate is not accepted although it was once, or "": it is revoked, or its time is over. A
  /// resumed session looks at nothing but this.
  std::string distrust(const Identity& peer) const;
  /// Of this node; none before enrolment.
  const std::optional<Identity>& own() const { return own_; }

 private:
  friend class TlsSocket;
  struct Handle;
  std::unique_ptr<Handle> make_handle() const;
  void exchange_handle();
  struct Revocations {
    std::set<std::string> serials;
    std::int64_t made = 0;  // seconds since 1970
  };
  Revocations read_revocations() const;
  Revocations revocations_in(const std::string& list) const;

  Side side_;
  TlsFiles files_;
  mutable std::mutex mutex_;
  std::shared_ptr<Handle> handle_;
  std::optional<Identity> own_;
  Revocations revoked_;
  std::filesystem::file_time_type certificate_time_{};
  std::filesystem::file_time_type revocations_time_{};
};

/// TLS over a connected non-blocking socket, without buffers of its own but OpenSSL's, which it releases when idle.
class TlsSocket {
 public:
  enum class Result : std::uint8_t { done, want_read, want_write, closed };

  /// A client goes on with an earlier session if `context` remembers one.
  TlsSocket(const TlsContext& context, int descriptor);
  ~TlsSocket();
  TlsSocket(TlsSocket&&) noexcept;

  // Each throws Error with what OpenSSL said.

  Result handshake();
  /// Reads what is there, at most out.size(); `count` says how much.
  Result read(std::span<std::byte> out, std::size_t& count);
  /// All of `bytes` or nothing; after want_… the same bytes must be offered again.
  Result write(std::span<const std::byte> bytes);
  /// Tells the peer that no more comes, if that can be told at once.
  void close_notify() noexcept;

  /// After the handshake: who is at the other end; none for a peer without a certificate. Throws FormatError for a
  /// certificate that names no node. TlsContext::distrust says whether it is still accepted.
  std::optional<Identity> peer() const;
  bool resumed() const;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace brume::net

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "net/certificates.hpp"

namespace brume::net {

inline constexpr int kMostDays = 30;  ///< of a node's certificate

/// A fleet's authorities in a folder: the root, whose key is best kept apart from the rest; the intermediate, which
/// signs nodes' certificates; what has been issued; the list of what is revoked.
///
///   root.pem root.key intermediate.pem intermediate.key revocations.pem issued.csv
class Authority {
 public:
  /// Throws RequestError when there is one already.
  static void create(const std::filesystem::path& folder, const std::string& fleet);

  /// Throws RequestError when there is none.
  explicit Authority(std::filesystem::path folder);

  struct Entry {
    std::string serial;
    NodeId node;
    std::string name;
    std::int64_t not_after = 0;
    bool revoked = false;
  };
  /// In the order in which they were issued.
  std::vector<Entry> issued() const;

  /// Writes NAME.pem, with the intermediate behind it, and NAME.key to `out`.
  Entry issue(NodeId node, const std::string& name, double days, const std::filesystem::path& out);
  /// Adds one that was issued over the network to the list.
  void note(const Identity& identity) const;
  /// Revokes all valid certificates of a node. Returns how many.
  std::size_t revoke(NodeId node);

  Issuer issuer() const;
  std::filesystem::path root() const { return folder_ / "root.pem"; }
  std::filesystem::path revocations() const { return folder_ / "revocations.pem"; }
  std::filesystem::path intermediate() const { return folder_ / "intermediate.pem"; }
  std::filesystem::path intermediate_key() const { return folder_ / "intermediate.key"; }

 private:
  std::filesystem::path folder_;
};

/// Writes a file that only its owner may read.
void write_secret(const std::filesystem::path& path, const std::string& text);

/// In a node's state folder: its certificate, those behind it, and its key, exchanged as a whole.
inline std::filesystem::path identity_file(const std::filesystem::path& state) { return state / "identity.pem"; }

/// A node's certificate as `issue` and renewals make it: the leaf, the intermediate behind it.
std::string issue_chain(NodeId node, const std::string& name, double days, const std::string& public_key,
                        const Issuer& issuer);

}  // namespace brume::net

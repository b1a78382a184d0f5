#include "net/authority.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>

#include "brume/error.hpp"
#include "core/files.hpp"

namespace brume::net {

namespace {

constexpr std::size_t kMostBytes = 16 << 20;
constexpr auto kYear = std::chrono::hours(24 * 365);

void require_name(const std::string& name) {
  const bool plain = !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.';
  });
  if (!plain || name.front() == '.')
    throw RequestError(fmt::format("'{}' is no name: letters, digits, '-', '_' and '.', 64 at most", name));
}

}  // namespace

// Made unreadable for others before anything is in it.
void write_secret(const std::filesystem::path& path, const std::string& text) {
  const auto mask = umask(0077);
  try {
    write_file_atomically(path, text);
  } catch (...) {
    umask(mask);
    throw;
  }
  umask(mask);
}

std::string issue_chain(NodeId node, const std::string& name, double days, const std::string& public_key,
                        const Issuer& issuer) {
  return make_certificate(node, {name, std::chrono::seconds(std::llround(86400 * days))}, public_key, issuer) +
         issuer.certificate;
}

void Authority::create(const std::filesystem::path& folder, const std::string& fleet) {
  require_name(fleet);
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw RequestError(fmt::format("cannot make {}: {}", folder.string(), failure.message()));
  if (std::filesystem::exists(folder / "root.pem"))
    throw RequestError(fmt::format(
        "{} has an authority already; its certificates would be worth nothing with a new one", folder.string()));
  const auto root_key = make_key();
  const auto root = make_root({fleet + " root", 10 * kYear}, root_key);
  const auto key = make_key();
  const auto intermediate = make_intermediate({fleet + " intermediate", 3 * kYear}, key, root, root_key);
  write_secret(folder / "root.key", root_key);
  write_secret(folder / "intermediate.key", key);
  write_file_atomically(folder / "intermediate.pem", intermediate);
  write_file_atomically(folder / "revocations.pem", make_revocations({}, {intermediate, key}));
  write_file_atomically(folder / "issued.csv", std::string_view("serial,node,name,not_after\n"));
  write_file_atomically(folder / "root.pem", root);
}

Authority::Authority(std::filesystem::path folder) : folder_(std::move(folder)) {
  if (!std::filesystem::exists(root()))
    throw RequestError(fmt::format("{} has no authority; make one with 'brume pki init'", folder_.string()));
}

Issuer Authority::issuer() const {
  return {read_text_file(intermediate(), kMostBytes), read_text_file(intermediate_key(), kMostBytes)};
}

std::vector<Authority::Entry> Authority::issued() const {
  const auto revoked = serials_in(read_text_file(revocations(), kMostBytes));
  std::istringstream lines(read_text_file(folder_ / "issued.csv", kMostBytes));
  std::vector<Entry> entries;
  std::string line;
  std::getline(lines, line);  // the header
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    Entry entry;
    std::string node;
    std::string not_after;
    std::getline(cells, entry.serial, ',');
    std::getline(cells, node, ',');
    std::getline(cells, entry.name, ',');
    std::getline(cells, not_after, ',');
    const auto known = node_from(node);
    if (!known || not_after.empty())
      throw FormatError(fmt::format("{}: a line is damaged", (folder_ / "issued.csv").string()));
    entry.node = *known;
    entry.not_after = std::stoll(not_after);
    entry.revoked = revoked.count(entry.serial) > 0;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Authority::Entry Authority::issue(NodeId node, const std::string& name, double days, const std::filesystem::path& out) {
  require_name(name);
  if (!(days > 0 && days <= kMostDays))
    throw RequestError(fmt::format("certificates are valid for at most {} days, not {}", kMostDays, days));
  const auto key = make_key();
  const auto chain = issue_chain(node, name, days, public_key_of(key), issuer());
  const auto identity = identity_in(chain);
  std::filesystem::create_directories(out);
  write_secret(out / (name + ".key"), key);
  write_file_atomically(out / (name + ".pem"), chain);
  note(identity);
  return {identity.serial, node, name, identity.not_after, false};
}

// One write to the end of the file: the desk and a person at the command line may both add.
void Authority::note(const Identity& identity) const {
  const auto file = folder_ / "issued.csv";
  const auto line =
      fmt::format("{},{},{},{}\n", identity.serial, to_text(identity.node), identity.name, identity.not_after);
  const int descriptor = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  const bool written =
      descriptor >= 0 && write(descriptor, line.data(), line.size()) == std::ssize(line) && fsync(descriptor) == 0;
  if (descriptor >= 0) close(descriptor);
  if (!written) throw Error(fmt::format("cannot write to {}: {}", file.string(), std::strerror(errno)));
}

std::size_t Authority::revoke(NodeId node) {
  auto serials = serials_in(read_text_file(revocations(), kMostBytes));
  std::size_t found = 0;
  const auto now = std::time(nullptr);
  for (const auto& entry : issued()) {
    if (entry.not_after < now) serials.erase(entry.serial);  // over by itself: the list stays short
    if (entry.not_after < now) continue;
    if (entry.node == node && !entry.revoked) found += serials.insert(entry.serial).second ? 1 : 0;
  }
  if (found > 0) write_file_atomically(revocations(), make_revocations(serials, issuer()));
  return found;
}

}  // namespace brume::net

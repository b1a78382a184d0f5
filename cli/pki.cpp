#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "brume/error.hpp"
#include "cli/context.hpp"
#include "core/files.hpp"
#include "net/authority.hpp"
#include "net/renewal.hpp"

namespace brume::cli {

namespace {

constexpr std::size_t kMostBytes = 1 << 20;

struct PkiOptions {
  std::string folder;
  std::string node;
  std::string name;
  std::string out = ".";
  double days = net::kMostDays;
  int hours = 24;
};

NodeId node_of(const PkiOptions& options) {
  const auto node = net::node_from(options.node);
  if (!node) throw RequestError(fmt::format("'{}' is no node; write cloud, fog/3 or device/17", options.node));
  return *node;
}

std::string date(std::int64_t seconds) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

std::string default_name(std::string node) {
  for (auto& letter : node) letter = letter == '/' ? '-' : letter;
  return node;
}

void init(const PkiOptions& options) {
  net::Authority::create(options.folder, options.name);
  fmt::print(
      "{0}: root.pem goes to every node. Keep root.key apart, it is not needed again for three years; "
      "intermediate.key signs the nodes' certificates.\n",
      options.folder);
}

void issue(const PkiOptions& options) {
  const auto node = node_of(options);
  const auto name = options.name.empty() ? default_name(options.node) : options.name;
  const auto entry = net::Authority(options.folder).issue(node, name, options.days, options.out);
  fmt::print("{0}/{1}.pem and {0}/{1}.key: {2}, until {3} UTC\n", options.out, name, net::to_text(node),
             date(entry.not_after));
}

void revoke(const PkiOptions& options) {
  net::Authority authority(options.folder);
  const auto count = authority.revoke(node_of(options));
  if (count == 0) throw RequestError(fmt::format("no certificate of {} is valid", options.node));
  fmt::print("revoked {} of {}; put {} where the nodes above look for it: they read it again within seconds\n", count,
             options.node, authority.revocations().string());
}

void renew(const PkiOptions& options) {
  net::Authority authority(options.folder);
  for (const auto& entry : authority.issued()) {
    if (entry.node != node_of(options) || entry.revoked) continue;
    const auto fresh = authority.issue(entry.node, entry.name, options.days, options.out);
    return fmt::print("{0}/{1}.pem and {0}/{1}.key: {2}, until {3} UTC\n", options.out, entry.name, options.node,
                      date(fresh.not_after));
  }
  throw RequestError(fmt::format("no certificate of {} is valid; make one with 'brume pki issue'", options.node));
}

void token(const PkiOptions& options) {
  const auto node = node_of(options);
  const auto expiry = std::time(nullptr) + 3600L * options.hours;
  fmt::print("{}\n", net::make_token(node, options.name.empty() ? default_name(options.node) : options.name, expiry,
                                     net::Authority(options.folder).issuer()));
}

void show_file(const std::string& file) {
  const auto identity = net::identity_in(read_text_file(file, kMostBytes));
  fmt::print("node        {}\nname        {}\nserial      {}\nvalid until {} UTC\n", net::to_text(identity.node),
             identity.name, identity.serial, date(identity.not_after));
}

void show(const PkiOptions& options) {
  if (!std::filesystem::is_directory(options.folder)) return show_file(options.folder);
  const auto now = std::time(nullptr);
  for (const auto& entry : net::Authority(options.folder).issued())
    fmt::print("{:<12} {:<20} {} {}\n", net::to_text(entry.node), entry.name, date(entry.not_after),
               entry.revoked           ? "revoked"
               : entry.not_after < now ? "expired"
                                       : "valid");
}

CLI::App* add(CLI::App& pki, const std::shared_ptr<PkiOptions>& options, const char* name, const char* about,
              void (*run)(const PkiOptions&)) {
  auto* command = pki.add_subcommand(name, about);
  command->add_option("FOLDER", options->folder, "Folder of the authority")->required();
  command->callback([options, run] { run(*options); });
  return command;
}

}  // namespace

void add_pki(CLI::App& app, Context& /*context*/) {
  auto* pki = app.add_subcommand("pki", "The fleet's certificates");
  pki->require_subcommand(1);
  const auto options = std::make_shared<PkiOptions>();
  auto* created = add(*pki, options, "init", "Make a root and an intermediate authority", init);
  created->add_option("--name", options->name, "Name of the fleet")->required();
  auto* issued = add(*pki, options, "issue", "Make a node's key and certificate", issue);
  issued->add_option("NODE", options->node, "cloud, fog/3 or device/17")->required();
  issued->add_option("--name", options->name, "Name for people and files (default: cloud, fog-3, device-17)");
  issued->add_option("--days", options->days, "How long it is valid")->capture_default_str();
  issued->add_option("--out", options->out, "Where the files go")->capture_default_str();
  auto* renewed = add(*pki, options, "renew", "Make a new key and certificate for a node that has one", renew);
  renewed->add_option("NODE", options->node, "cloud, fog/3 or device/17")->required();
  renewed->add_option("--days", options->days, "How long it is valid")->capture_default_str();
  renewed->add_option("--out", options->out, "Where the files go")->capture_default_str();
  auto* tokens =
      add(*pki, options, "token", "Print a one-time token, with which a node fetches its first certificate", token);
  tokens->add_option("NODE", options->node, "fog/3 or device/17")->required();
  tokens->add_option("--name", options->name, "Name for people (default: fog-3, device-17)");
  tokens->add_option("--hours", options->hours, "How long it is valid")
      ->check(CLI::Range(1, 24 * 365))
      ->capture_default_str();
  auto* revoked = add(*pki, options, "revoke", "Revoke a node's certificates", revoke);
  revoked->add_option("NODE", options->node, "cloud, fog/3 or device/17")->required();
  auto* shown = add(*pki, options, "show", "List what has been issued, or show one certificate file", show);
  shown->get_option("FOLDER")->description("Folder of the authority, or a certificate");
}

}  // namespace brume::cli

#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/process.hpp"
#include "configs/document.hpp"
#include "federation/tree.hpp"
#include "net/authority.hpp"

namespace brume::cli {

/// How a fleet of trial differs from one in the field.
struct Trial {
  bool reproducible = false;  ///< selection by the file's seed
  bool profile_pace = false;  ///< devices take the times of their profiles
};

/// A whole federation as processes on this machine: an aggregator, fog nodes, clients, with certificates of a
/// throw-away authority, in a folder of its own that goes with it.
class LocalFleet {
 public:
  /// Throws RequestError unless all programs of a deployment stand beside this one.
  static void require_programs();

  /// Writes what the nodes need. `federation` is a whole federation file; logs go to `logs`.
  LocalFleet(const configs::Configuration& configuration, const std::string& federation, std::filesystem::path logs,
             Trial trial);
  ~LocalFleet();
  LocalFleet(const LocalFleet&) = delete;
  LocalFleet& operator=(const LocalFleet&) = delete;

  /// The aggregator, then tier after tier, as soon as the one above listens.
  void start();
  /// Throws Error, with what it said last, when a node has ended by itself.
  void check();
  /// Asks a node over its control socket. Throws Error.
  nlohmann::json ask(NodeId node, const std::string& target) const;
  std::vector<NodeId> nodes() const;
  /// Stops the clients, then tier after tier upwards.
  void stop();
  /// The state folder of a node.
  std::filesystem::path state(NodeId node) const;

 private:
  std::string plugins_for(std::string_view role) const;
  void write_files(NodeId node);
  void launch(NodeId node);
  std::uint64_t wait_until_listening(NodeId node);
  std::filesystem::path folder(NodeId node) const;

  federation::Tree tree_;
  std::uint64_t devices_;
  std::vector<configs::PluginSection> plugins_;
  std::filesystem::path folder_;
  std::filesystem::path logs_;
  Trial trial_;
  std::map<NodeId, Process> processes_;
  std::map<NodeId, std::uint64_t> ports_;
};

}  // namespace brume::cli

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brume/data.hpp"
#include "brume/registry.hpp"
#include "net/governor.hpp"
#include "net/log.hpp"
#include "net/proxy.hpp"
#include "net/session.hpp"

namespace brume::net {

/// What one process of a deployment needs to know of its own place: node.yaml. Paths are absolute once it is read.
/// docs/deploy.md shows one for each role.
struct NodeFile {
  enum class Role : std::uint8_t { aggregator, fog, client };

  std::filesystem::path path;
  std::filesystem::path state;  ///< folder of all that must outlive the process
  TlsFiles tls;
  bool own_revocations = false;  ///< the list is kept in the state folder, as it comes from above
  Log::Level log_level = Log::Level::info;
  Log::Format log_format = Log::Format::text;
  std::string monitoring;  ///< HOST:PORT for /healthz, /readyz, /metrics; "" for none
  SessionLimits limits;

  // Aggregator
  std::filesystem::path federation;
  std::filesystem::path issuer;    ///< folder of the authority with which it renews and enrols; "" for neither
  int certificate_days = 0;        ///< for which it issues certificates
  std::int64_t start_devices = 1;  ///< the first round waits until so many are connected
  bool reproducible = false;       ///< selection by the file's seed instead of a secret one

  // Aggregator and fog node
  std::string listen;

  // Fog node
  std::uint64_t most_unsettled = 16;  ///< versions of which it keeps updates while the cloud is away

  // Fog node and client
  std::vector<Address> dial;
  std::optional<Proxy> proxy;   ///< through which it dials
  std::filesystem::path token;  ///< file of an enrolment token

  // Client
  bool federation_data = false;  ///< its share of the federation's own data set, for trials on one machine
  bool profile_pace = false;     ///< tasks take the time that the federation's profile of the device says, for trials
  std::shared_ptr<Dataset> dataset;
  std::filesystem::path model_dir;
  std::string on_model;
  DeviceLimits device_limits;
  std::filesystem::path sensors;  ///< folder of class/thermal and class/power_supply
};

/// Throws ConfigurationError with all that is wrong. `registry` knows the data sets of clients; others pass an empty
/// one.
NodeFile read_node_file(const std::filesystem::path& path, NodeFile::Role role, const Registry& registry);

}  // namespace brume::net

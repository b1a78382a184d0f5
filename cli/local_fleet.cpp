#include "cli/local_fleet.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <ranges>
#include <thread>

#include "brume/error.hpp"
#include "cli/interrupt.hpp"
#include "core/files.hpp"
#include "net/http_server.hpp"
#include "net/program.hpp"

namespace brume::cli {

namespace {

constexpr int kDays = 7;
constexpr double kStartSeconds = 120;
constexpr double kStopSeconds = 20;

std::filesystem::path make_temporary_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "brume-up-XXXXXX").string();
  if (!mkdtemp(name.data())) throw Error("cannot make a temporary folder");
  return name;
}

std::string file_name(NodeId node) {
  auto name = net::to_text(node);
  std::ranges::replace(name, '/', '-');
  return name;
}

const char* program_of(NodeId node) {
  if (node.role == NodeId::Role::cloud) return "brume-aggregator";
  return node.role == NodeId::Role::fog ? "brume-fog" : "brume-client";
}

}  // namespace

void LocalFleet::require_programs() {
  for (const auto node : {NodeId::cloud(), NodeId::fog(0), NodeId::device(0)})
    if (const auto program = program_folder() / program_of(node); !std::filesystem::exists(program))
      throw RequestError(fmt::format("{} is not there: build all programs (target brume_programs)", program.string()));
}

LocalFleet::LocalFleet(const configs::Configuration& configuration, const std::string& federation,
                       std::filesystem::path logs, Trial trial)
    : tree_(configuration.fog),
      devices_(configuration.device_count()),
      plugins_(configuration.plugins),
      folder_(make_temporary_folder()),
      logs_(std::move(logs)),
      trial_(trial) {
  setenv(net::kEndWith, std::to_string(getpid()).c_str(), 1);
  std::filesystem::create_directories(logs_);
  write_file_atomically(folder_ / "federation.yaml", federation);
  net::Authority::create(folder_ / "pki", "brume-up");
  net::Authority authority(folder_ / "pki");
  for (const auto node : nodes()) {
    std::filesystem::create_directories(folder(node));
    authority.issue(node, file_name(node), kDays, folder(node));
  }
}

LocalFleet::~LocalFleet() {
  processes_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::vector<NodeId> LocalFleet::nodes() const {
  std::vector<NodeId> nodes{NodeId::cloud()};
  for (std::uint64_t i = 0; i < tree_.fog_nodes(); ++i) nodes.push_back(NodeId::fog(i));
  for (DeviceIndex i = 0; i < devices_; ++i) nodes.push_back(NodeId::device(i));
  return nodes;
}

std::filesystem::path LocalFleet::folder(NodeId node) const { return folder_ / file_name(node); }
std::filesystem::path LocalFleet::state(NodeId node) const { return folder(node) / "state"; }

std::string LocalFleet::plugins_for(std::string_view role) const {
  std::string list;
  for (const auto& plugin : plugins_)
    if (std::ranges::find(plugin.in, role) != plugin.in.end())
      list += (list.empty() ? "" : ", ") + yaml_scalar(plugin.path);
  return list.empty() ? "" : "plugins: [" + list + "]\n";
}

void LocalFleet::write_files(NodeId node) {
  const auto name = file_name(node);
  auto text = fmt::format(
      "state: state\ncertificates: {{authority: ../pki/root.pem, certificate: {0}.pem, key: {0}.key}}\n", name);
  if (node.role == NodeId::Role::cloud)
    text += fmt::format("federation: ../federation.yaml\nstart_devices: {}\nreproducible: {}\n", devices_,
                        trial_.reproducible);
  if (node.role != NodeId::Role::device) text += "listen: 127.0.0.1:0\n";
  if (node.role != NodeId::Role::cloud)
    text += fmt::format("dial: ['127.0.0.1:{}']\n", ports_.at(tree_.parent_of(node)));
  if (node.role == NodeId::Role::device)
    text += fmt::format("federation_data: true\nprofile_pace: {}\n", trial_.profile_pace);
  if (node.role != NodeId::Role::cloud) text += plugins_for(node.role == NodeId::Role::fog ? "fog" : "client");
  write_file_atomically(folder(node) / "node.yaml", text);
}

void LocalFleet::launch(NodeId node) {
  write_files(node);
  processes_.emplace(node,
                     Process(program_folder() / program_of(node), {"--config", (folder(node) / "node.yaml").string()},
                             logs_ / (file_name(node) + ".log")));
}

std::uint64_t LocalFleet::wait_until_listening(NodeId node) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(kStartSeconds);
  while (std::chrono::steady_clock::now() < until && !interrupted()) {
    check();
    try {
      return ask(node, "/status").at("port").get<std::uint64_t>();
    } catch (const std::exception&) {  // not yet
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  throw Error(interrupted() ? "interrupted"
                            : fmt::format("{} does not start{}", net::to_text(node), processes_.at(node).last_words()));
}

void LocalFleet::start() {
  for (const auto node : nodes()) {
    if (node.role != NodeId::Role::cloud && ports_.count(tree_.parent_of(node)) == 0)
      ports_[tree_.parent_of(node)] = wait_until_listening(tree_.parent_of(node));
    launch(node);
  }
}

void LocalFleet::check() {
  for (auto& [node, process] : processes_)
    if (!process.running()) throw Error(fmt::format("{} has ended:{}", net::to_text(node), process.last_words()));
}

nlohmann::json LocalFleet::ask(NodeId node, const std::string& target) const {
  return nlohmann::json::parse(net::ask_file_socket(state(node) / "control", "GET", target).body);
}

// From below, so that nobody misses the node above.
void LocalFleet::stop() {
  auto all = nodes();
  for (const auto role : {NodeId::Role::device, NodeId::Role::fog, NodeId::Role::cloud}) {
    for (auto& [node, process] : processes_)
      if (node.role == role) process.terminate();
    for (auto& [node, process] : processes_)
      if (node.role == role && !process.wait(kStopSeconds))
        throw Error(fmt::format("{} does not stop{}", net::to_text(node), process.last_words()));
  }
}

}  // namespace brume::cli

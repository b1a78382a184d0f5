#include "tests/referees/simgrid.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <xbt/log.h>
#include <chrono>
#include <simgrid/s4u.hpp>

#include "brume/error.hpp"

namespace brume::sim::testing {

namespace {

namespace s4u = simgrid::s4u;

// A host at each link at which flows may enter, and one sink.
std::vector<s4u::Host*> make_platform(const Scenario& scenario) {
  auto* zone = s4u::create_full_zone("tree");
  std::vector<s4u::Link*> links;
  for (std::size_t i = 0; i < scenario.links.size(); ++i)
    links.push_back(
        zone->create_link("link" + std::to_string(i), scenario.links[i].link.capacity)->set_latency(0)->seal());
  std::vector<s4u::Host*> hosts;
  for (std::size_t i = 0; i <= scenario.links.size(); ++i)
    hosts.push_back(zone->create_host("host" + std::to_string(i), 1e9)->seal());
  const auto routes = scenario.routes();
  for (std::size_t i = 0; i < routes.size(); ++i) {
    std::vector<s4u::LinkInRoute> way;
    for (const auto link : routes[i]) way.emplace_back(links[link]);
    zone->add_route(hosts[i]->get_netpoint(), hosts.back()->get_netpoint(), nullptr, nullptr, way, false);
  }
  zone->seal();
  return hosts;
}

SimGridRun run_here(const Scenario& scenario) {
  static char name[] = "referee";
  std::vector<char*> arguments{name};
  int count = 1;
  xbt_log_control_set("root.thres:error");
  s4u::Engine engine(&count, arguments.data());
  s4u::Engine::set_config("network/model:CM02");
  s4u::Engine::set_config("network/crosstraffic:0");
  s4u::Engine::set_config("network/TCP-gamma:0");
  s4u::Engine::set_config("maxmin/precision:1e-9");
  s4u::Engine::set_config("surf/precision:1e-12");
  const auto hosts = make_platform(scenario);
  SimGridRun run;
  run.ends.resize(scenario.arrivals.size());
  for (std::size_t i = 0; i < scenario.arrivals.size(); ++i) {
    const auto& one = scenario.arrivals[i];
    s4u::Actor::create("flow", hosts[one.route], [&run, &hosts, &scenario, one, i] {
      if (one.at > 0) s4u::this_actor::sleep_until(one.at);
      const auto flow = s4u::Mailbox::by_name(std::to_string(i))->put_init();
      flow->set_rate(scenario.classes[one.flow_class].cap);
      flow->set_payload_size(static_cast<std::uint64_t>(one.bits));
      static int nothing = 0;
      flow->set_src_data(&nothing);
      flow->wait();
      run.ends[i] = s4u::Engine::get_clock();
    });
    s4u::Actor::create("sink", hosts.back(), [i] { s4u::Mailbox::by_name(std::to_string(i))->get<int>(); });
  }
  const auto started = std::chrono::steady_clock::now();
  engine.run();
  run.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return run;
}

void write_all(int file, const void* data, std::size_t bytes) {
  const auto* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const auto written = ::write(file, next, bytes);
    if (written <= 0) ::_exit(2);
    next += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

bool read_all(int file, void* data, std::size_t bytes) {
  auto* next = static_cast<char*>(data);
  while (bytes > 0) {
    const auto got = ::read(file, next, bytes);
    if (got <= 0) return false;
    next += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

SimGridRun run_simgrid(const Scenario& scenario) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) throw Error("no pipe to SimGrid");
  const auto child = ::fork();
  if (child < 0) throw Error("no process for SimGrid");
  if (child == 0) {
    const auto run = run_here(scenario);
    write_all(pipe_ends[1], &run.wall_seconds, sizeof(double));
    write_all(pipe_ends[1], run.ends.data(), run.ends.size() * sizeof(double));
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  SimGridRun run;
  run.ends.resize(scenario.arrivals.size());
  const bool whole = read_all(pipe_ends[0], &run.wall_seconds, sizeof(double)) &&
                     read_all(pipe_ends[0], run.ends.data(), run.ends.size() * sizeof(double));
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!whole || status != 0) throw Error("SimGrid ended before it had an answer");
  return run;
}

}  // namespace brume::sim::testing

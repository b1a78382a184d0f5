#include "records/report.hpp"

#include <fmt/format.h>

#include "core/human.hpp"
#include "records/chart.hpp"

namespace brume::records {

namespace {

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:940px;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse}td{padding:2px 16px 2px 0;vertical-align:top}td:first-child{color:#666}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:12px}"
    "svg{width:100%}svg text{font-size:11px;fill:#555}svg .title{font-size:13px;fill:#222}svg .y{text-anchor:end}"
    "svg .x{text-anchor:middle}.grid{stroke:#e6e6e6}.mark{stroke:#c60;stroke-dasharray:4 3}"
    "polyline{fill:none;stroke:#06c;stroke-width:2}code{word-break:break-all}";

struct Axis {
  const char* label;
  double (*value)(const RoundRow&);
};

constexpr Axis kAxes[] = {
    {"round", [](const RoundRow& row) { return static_cast<double>(row.round); }},
    {"virtual time, hours", [](const RoundRow& row) { return row.virtual_seconds / 3600; }},
    {"bytes moved by devices, MB",
     [](const RoundRow& row) { return static_cast<double>(row.device_up_bytes + row.device_down_bytes) / 1e6; }},
};

std::string charts(const Summary& summary, const std::vector<RoundRow>& rows) {
  std::string out;
  const auto metric = summary.target    ? summary.target->metric
                      : summary.metrics ? summary.metrics->headline().name
                                        : "accuracy";
  for (const auto& axis : kAxes) {
    Chart chart{"test " + metric, axis.label, {}, summary.target ? summary.target->value : -1};
    for (const auto& row : rows)
      if (const auto value = row.metrics ? row.metrics->find(metric) : std::nullopt)
        chart.points.push_back({axis.value(row), *value});
    out += svg(chart);
  }
  Chart loss{"test loss", "round", {}, -1};
  Chart training{"training loss", "round", {}, -1};
  for (const auto& row : rows) {
    if (row.metrics) loss.points.push_back({static_cast<double>(row.round), row.metrics->loss});
    if (row.included > 0) training.points.push_back({static_cast<double>(row.round), row.training_loss});
  }
  return out + svg(loss) + svg(training);
}

std::string line(const std::string& name, const std::string& value) {
  return "<tr><td>" + name + "</td><td>" + value + "</td></tr>";
}

std::string figures(const Summary& s) {
  std::string out = "<table>";
  if (s.metrics) {
    const auto [metric, value] = s.metrics->headline();
    out += line(metric, fmt::format("{:.4f} (loss {:.4f})", value, s.metrics->loss));
  }
  if (s.on_devices) out += line("on devices", describe(*s.on_devices));
  if (s.target)
    out += line("target", s.target_round
                              ? fmt::format("{} {} reached in round {}, after {}", s.target->metric, s.target->value,
                                            *s.target_round, human_seconds(*s.target_virtual_seconds))
                              : fmt::format("{} {} not reached", s.target->metric, s.target->value));
  out += line("rounds", fmt::format("{}{}", s.rounds, s.interrupted ? ", interrupted" : ""));
  out += line("virtual time", human_seconds(s.virtual_seconds));
  out += line("wall time", fmt::format("{} with {} workers", human_seconds(s.wall_seconds), s.workers));
  out += line("bytes",
              fmt::format("{} up from devices, {} down to them", human_bytes(static_cast<double>(s.device_up_bytes)),
                          human_bytes(static_cast<double>(s.device_down_bytes))));
  if (s.fog_up_bytes + s.fog_down_bytes > 0)
    out += line("fog nodes",
                fmt::format("{} up from them, {} down to them", human_bytes(static_cast<double>(s.fog_up_bytes)),
                            human_bytes(static_cast<double>(s.fog_down_bytes))));
  out += line("energy",
              fmt::format("{} computing, {} by radio, {} waiting, {} asleep", human_joules(s.compute_joules),
                          human_joules(s.radio_joules), human_joules(s.idle_joules), human_joules(s.sleep_joules)));
  out += line("updates",
              fmt::format("{} included, {} late, {} refused, {} failed", s.included, s.late, s.refused, s.failed));
  if (!s.first_problem.empty()) out += line("first problem", escape_html(s.first_problem));
  out += line("parameters", "<code>" + s.parameters_sha256 + "</code>");
  out += line("events", "<code>" + s.events_sha256 + "</code>");
  out += line("build", escape_html(fmt::format("Brume {}, {}, LibTorch {}, {}, {}", s.build.version, s.build.compiler,
                                               s.build.libtorch, s.build.blas, s.build.cpu)));
  return out + "</table>";
}

// Seconds of all devices of a group together, and joules, by state.
std::string energy_table(const Summary& s) {
  if (s.devices.empty()) return "";
  std::string out = "<h2>Time and energy of the devices</h2><table><tr><td>devices</td>";
  for (const auto& state : s.devices.front().states) out += "<td>" + state.name + "</td>";
  out += "<td>training time</td></tr>";
  for (const auto& one : s.devices) {
    out += fmt::format("<tr><td>{} × {}</td>", one.count, escape_html(one.name));
    for (const auto& state : one.states)
      out += fmt::format("<td>{}<br>{}</td>", human_seconds(state.seconds),
                         state.joules ? human_joules(*state.joules) : "energy not known");
    out += "<td>" + escape_html(one.timing) + "</td></tr>";
  }
  return out + "</table>";
}

}  // namespace

std::string report_html(const Summary& summary, const std::vector<RoundRow>& rows) {
  const std::string title = escape_html(fmt::format("{}, seed {}", summary.name, summary.seed));
  return fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title><style>{1}</style><h1>{0}</h1>{2}"
      "<div class=\"charts\">{3}</div>{4}</html>\n",
      title, kStyle, figures(summary), charts(summary, rows), energy_table(summary));
}

}  // namespace brume::records

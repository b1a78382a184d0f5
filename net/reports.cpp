#include "net/reports.hpp"

#include "brume/error.hpp"
#include "core/sha256.hpp"
#include "net/wire.hpp"
#include "net/wire.pb.h"

namespace brume::net {

namespace {

double number_from(const nlohmann::json& json) { return json.is_null() ? std::nan("") : json.get<double>(); }

}  // namespace

nlohmann::ordered_json to_json(const RoundReport& round) {
  nlohmann::ordered_json json{{"round", round.round},
                              {"opened", round.opened.time_since_epoch().count()},
                              {"closed", round.closed.time_since_epoch().count()},
                              {"cohort", round.cohort},
                              {"included", round.included},
                              {"late", round.late},
                              {"refused", round.refused},
                              {"failed", round.failed},
                              {"training_loss", round.training_loss},
                              {"problem", round.first_problem}};
  for (const auto& scalar : round.scalars) json["scalars"][scalar.name] = scalar.value;
  if (round.metrics)
    json["metrics"] = {{"loss", round.metrics->loss},
                       {"accuracy", round.metrics->accuracy},
                       {"class_accuracy", round.metrics->class_accuracy},
                       {"examples", round.metrics->examples}};
  if (round.metrics)
    for (const auto& other : round.metrics->others) json["metrics"]["others"][other.name] = other.value;
  return json;
}

RoundReport round_from(const nlohmann::json& json) {
  try {
    RoundReport round;
    round.round = json.at("round").get<std::uint64_t>();
    round.opened = Time(Duration(json.at("opened").get<std::int64_t>()));
    round.closed = Time(Duration(json.at("closed").get<std::int64_t>()));
    round.cohort = json.at("cohort").get<std::uint64_t>();
    round.included = json.at("included").get<std::uint64_t>();
    round.late = json.at("late").get<std::uint64_t>();
    round.refused = json.at("refused").get<std::uint64_t>();
    round.failed = json.at("failed").get<std::uint64_t>();
    round.training_loss = json.at("training_loss").is_null() ? 0 : json.at("training_loss").get<double>();
    round.first_problem = json.at("problem").get<std::string>();
    if (json.contains("scalars"))
      for (const auto& [name, value] : json["scalars"].items()) round.scalars.push_back({name, value.get<double>()});
    if (!json.contains("metrics")) return round;
    const auto& metrics = json["metrics"];
    round.metrics = Metrics{metrics.at("loss").get<double>(),
                            number_from(metrics.at("accuracy")),
                            {},
                            metrics.at("examples").get<std::uint64_t>()};
    for (const auto& value : metrics.at("class_accuracy")) round.metrics->class_accuracy.push_back(number_from(value));
    if (metrics.contains("others"))
      for (const auto& [name, value] : metrics["others"].items())
        round.metrics->others.push_back({name, number_from(value)});
    return round;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(error.what());
  }
}

std::string digest_text(const Digest& digest) { return to_hex(digest); }

void add_children(const Children& children, MetricsPage& page) {
  const auto counters = children.counters();
  page.gauge("children", "nodes connected directly", static_cast<double>(children.connected()));
  page.counter("connections_accepted_total", "connections taken", static_cast<double>(counters.accepted));
  page.counter("connections_resumed_total", "of these, TLS sessions gone on with",
               static_cast<double>(counters.resumed));
  page.counter("children_joined_total", "greetings that ended well", static_cast<double>(counters.joined));
  page.counter("children_refused_total", "nodes refused", static_cast<double>(counters.refused));
  page.counter("connections_failed_total", "connections that ended before the greeting",
               static_cast<double>(counters.failed));
  page.counter("children_received_bytes_total", "from nodes below", static_cast<double>(counters.received_bytes));
  page.counter("children_sent_bytes_total", "to nodes below", static_cast<double>(counters.sent_bytes));
}

std::string digest_bytes(const federation::Contract& contract) {
  const auto digest = contract.digest();
  return {digest.begin(), digest.end()};
}

wire::Envelope no_certificate(const wire::Envelope& request, const std::string& why) {
  wire::Envelope envelope;
  auto& answer = *envelope.mutable_issued();
  answer.set_number(request.has_enrol() ? request.enrol().number() : request.renew().number());
  answer.set_problem(why);
  return envelope;
}

void fill_welcome(const federation::Contract& contract, const std::string& known, wire::Welcome& welcome) {
  welcome.set_contract_digest(digest_bytes(contract));
  if (known == welcome.contract_digest()) return;
  welcome.set_contract(contract.yaml);
  welcome.set_federation_id(contract.id);
  put_layout(*contract.layout, welcome);
}

federation::Contract contract_from(const wire::Welcome& welcome) {
  federation::Contract contract{welcome.contract(), take_layout(welcome), welcome.federation_id()};
  if (digest_bytes(contract) != welcome.contract_digest())
    throw FormatError("a contract is not the one it claims to be");
  return contract;
}

}  // namespace brume::net

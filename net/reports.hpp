#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "federation/contract.hpp"
#include "messages/report.hpp"
#include "net/children.hpp"
#include "net/metrics.hpp"

// What nodes tell, in the forms in which they tell it.
namespace brume::net {

nlohmann::ordered_json to_json(const RoundReport& round);
/// Throws FormatError.
RoundReport round_from(const nlohmann::json& json);
std::string digest_text(const Digest& digest);
void add_children(const Children& children, MetricsPage& page);

/// The answer to a request for a certificate that nobody can grant.
wire::Envelope no_certificate(const wire::Envelope& request, const std::string& why);

/// The contract, unless the node has it: `known` is the digest of the one that it has.
void fill_welcome(const federation::Contract& contract, const std::string& known, wire::Welcome& welcome);
/// Throws FormatError for one whose digest is another than it says.
federation::Contract contract_from(const wire::Welcome& welcome);
std::string digest_bytes(const federation::Contract& contract);

}  // namespace brume::net

#pragma once

#include "aggregator/aggregator.hpp"
#include "net/wire.hpp"
#include "storage/history.hpp"

namespace brume::net {

/// The aggregator's answer to a device that has moved and asks what became of a task it did elsewhere. `settled`: every
/// step of the model that has been taken is on disk.
wire::Envelope verdict_on(const wire::Ask& ask, const aggregator::Aggregator& aggregator, bool settled,
                          storage::History& history);

}  // namespace brume::net

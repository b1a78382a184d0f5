#pragma once

#include "net/node_file.hpp"

namespace brume::net {

/// Fetches a certificate from the node above for the token that node.yaml names, if there is neither one in the state
/// folder nor where node.yaml says. Tries for a minute. Throws RequestError when it is refused, Error when nobody
/// answers.
void enrol_if_needed(const NodeFile& file);

}  // namespace brume::net

#pragma once

#include <memory>
#include <vector>

#include "brume/codec.hpp"
#include "brume/registry.hpp"

namespace brume::compression {

/// A codec from what a configuration chose. With `error_feedback`, a contractive chain gets it; any other is as it is.
/// Throws RequestError when the stages do not fit behind each other.
std::shared_ptr<const Codec> make_codec(const std::vector<Chosen<Stage>>& stages, bool error_feedback);

}  // namespace brume::compression

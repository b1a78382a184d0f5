#pragma once

#include <memory>
#include <vector>

#include "core/codec_plan.hpp"

namespace brume::compression {

/// The codec that a plan describes. Throws RequestError when the stages do not fit behind each other, and for a plan
/// whose options do not fit its chain.
std::shared_ptr<const Codec> make_codec(const CodecPlan& plan);

/// A chain alone. With `error_feedback`, a contractive one gets it.
std::shared_ptr<const Codec> make_codec(const std::vector<Chosen<Stage>>& stages, bool error_feedback);

}  // namespace brume::compression

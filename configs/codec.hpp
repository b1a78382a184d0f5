#pragma once

#include "core/codec_plan.hpp"

namespace brume::configs {

/// The keys of `uplink`, whose devices can keep what a frame leaves out.
void declare_uplink(Options& options, CodecPlan& uplink, const Registry& registry);

/// Those of `downlink`, on which versions of the model may go as changes.
void declare_downlink(Options& options, CodecPlan& downlink, const Registry& registry);

/// Those of a direction whose nodes keep nothing.
void declare_stateless(Options& options, const Key& key, CodecPlan& codec, const Registry& registry);

}  // namespace brume::configs

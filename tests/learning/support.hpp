#pragma once

#include "tests/support/scratch.hpp"
#include "tests/support/set_options.hpp"

namespace brume::learning {

using testing::Scratch;
using testing::SetOptions;

}  // namespace brume::learning

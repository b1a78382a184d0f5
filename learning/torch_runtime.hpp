#pragma once

#include "brume/training.hpp"

namespace brume::learning {

/// Pins LibTorch and its BLAS to one thread a caller: Brume's workers are the parallelism, and results must not depend
/// on how a library splits its loops. Call once before any training.
void use_one_thread_per_worker();

/// Versions of LibTorch and of the BLAS that it calls.
LearningBuild torch_build();

}  // namespace brume::learning

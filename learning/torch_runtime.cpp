#include "learning/torch_runtime.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <string>

namespace brume::learning {

void use_one_thread_per_worker() {
  at::set_num_threads(1);
  // OpenBLAS has a pool of its own. It is found at run time: which BLAS stands behind LibTorch is the system's choice.
  if (auto* set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(1);
}

LearningBuild torch_build() {
  LearningBuild build{TORCH_VERSION, "unknown"};
  if (auto* config = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_config"))) {
    build.blas = config();
    if (auto* core = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename")))
      build.blas += std::string(" on ") + core();
  } else if (at::get_mkl_version().find("not") == std::string::npos) {
    build.blas = at::get_mkl_version();
  }
  return build;
}

}  // namespace brume::learning

// Prints which BLAS the LibTorch that is linked here calls: "blas=<name>". "reference" is Netlib's, unusably slow.
#include <dlfcn.h>

#include <ATen/Version.h>
#include <cstdio>
#include <string>

int main() {
  std::string name = "reference";
  if (at::show_config().find("Intel(R) Math Kernel Library") != std::string::npos ||
      at::show_config().find("oneAPI Math Kernel") != std::string::npos || dlsym(RTLD_DEFAULT, "mkl_get_version"))
    name = "MKL";
  if (auto* config = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_config"))) name = config();
  if (dlsym(RTLD_DEFAULT, "bli_info_get_version_str")) name = "BLIS";
  std::printf("blas=%s\n", name.c_str());
}

# Finds LibTorch and wraps it as the target LibTorch::LibTorch.
#
# The user's CMAKE_PREFIX_PATH is searched first (a zip's folder, or <wheel>/torch), then the distribution's package.
# Torch's own find_package is not used: in the CUDA wheels it fails where no CUDA toolkit is installed, and it puts its
# flags into global variables. Sets LibTorch_VERSION, LibTorch_LIBRARY_DIR and LibTorch_BLAS.
find_path(LibTorch_INCLUDE_DIR ATen/ATen.h PATH_SUFFIXES include)
find_library(LibTorch_CPU_LIBRARY torch_cpu PATH_SUFFIXES lib)
find_library(LibTorch_C10_LIBRARY c10 PATH_SUFFIXES lib)

if(LibTorch_INCLUDE_DIR)
  find_file(LibTorch_VERSION_HEADER version.h NO_DEFAULT_PATH
            PATHS ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include/torch ${LibTorch_INCLUDE_DIR}/torch)
  if(LibTorch_VERSION_HEADER)
    file(STRINGS ${LibTorch_VERSION_HEADER} version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
    string(REGEX REPLACE "[^0-9]+" "." LibTorch_VERSION "${version_lines}")
    string(REGEX REPLACE "^\\.|\\.$" "" LibTorch_VERSION "${LibTorch_VERSION}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "install libtorch-dev, name a LibTorch with -DCMAKE_PREFIX_PATH=DIR, or configure with -DBRUME_LEARNING=OFF")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  get_filename_component(LibTorch_LIBRARY_DIR ${LibTorch_CPU_LIBRARY} DIRECTORY)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${LibTorch_INCLUDE_DIR};${LibTorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${LibTorch_CPU_LIBRARY};${LibTorch_C10_LIBRARY}")
  include(CheckLibTorch)
endif()

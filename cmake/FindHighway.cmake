# Highway (SIMD with run-time dispatch) as target Highway::hwy. Debian's package has no CMake configuration before 1.0.5.
find_path(Highway_INCLUDE_DIR hwy/highway.h)
find_library(Highway_LIBRARY hwy)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Highway REQUIRED_VARS Highway_LIBRARY Highway_INCLUDE_DIR)
if(Highway_FOUND AND NOT TARGET Highway::hwy)
  add_library(Highway::hwy UNKNOWN IMPORTED)
  set_target_properties(Highway::hwy PROPERTIES IMPORTED_LOCATION ${Highway_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${Highway_INCLUDE_DIR})
endif()
mark_as_advanced(Highway_INCLUDE_DIR Highway_LIBRARY)

# Structures and arrays hold vectors here, which SVE's have no size for.
if(TARGET Highway::hwy AND CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set_property(TARGET Highway::hwy APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS
               "HWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)")
endif()

# Runs once after LibTorch was found: asks it for its BLAS and C++ ABI by a compiled program, and refuses a LibTorch that
# would be thirty times slower than it should be (the reference BLAS) or that cannot be linked (the old ABI).
if(NOT DEFINED LibTorch_PROBE_OUTPUT OR NOT LibTorch_PROBED_LIBRARY STREQUAL LibTorch_CPU_LIBRARY)
  try_run(probe_exit probe_compiled ${CMAKE_BINARY_DIR}/probe ${CMAKE_CURRENT_LIST_DIR}/probe_libtorch.cpp
          LINK_LIBRARIES LibTorch::LibTorch ${CMAKE_DL_LIBS}
          CXX_STANDARD 20
          COMPILE_OUTPUT_VARIABLE probe_log
          RUN_OUTPUT_VARIABLE probe_output)
  if(NOT probe_compiled)
    message(FATAL_ERROR "LibTorch at ${LibTorch_CPU_LIBRARY} does not link (a build with the old C++ ABI?):\n${probe_log}")
  endif()
  string(REGEX REPLACE "\n.*" "" probe_output "${probe_output}")
  set(LibTorch_PROBE_OUTPUT "${probe_output}" CACHE INTERNAL "")
  set(LibTorch_PROBED_LIBRARY "${LibTorch_CPU_LIBRARY}" CACHE INTERNAL "")
endif()

string(REGEX MATCH "blas=(.*)" matched "${LibTorch_PROBE_OUTPUT}")
set(LibTorch_BLAS "${CMAKE_MATCH_1}")
message(STATUS "LibTorch ${LibTorch_VERSION} in ${LibTorch_LIBRARY_DIR}, BLAS: ${LibTorch_BLAS}")
if(LibTorch_BLAS STREQUAL "reference")
  unset(LibTorch_PROBE_OUTPUT CACHE)  # ask again once another is installed
  message(FATAL_ERROR "LibTorch would use the reference BLAS, which makes training about 40 times slower. "
                      "Install OpenBLAS: apt-get install libopenblas0-pthread")
endif()

# Build type, compiler cache, and the flags that keep floating-point results the same in every build type.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(BRUME_CCACHE ccache)
if(BRUME_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BRUME_CCACHE})
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
if(BRUME_SANITIZE)
  # Compiles in two thirds of the time that -O1 takes.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-Og -g1")
endif()

# brume_compile_options: what every target of this project is compiled with; not exported.
add_library(brume_compile_options INTERFACE)
target_compile_options(brume_compile_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -ffp-contract=off -fno-math-errno)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of GCC 11 and 12: overlapping copies in std::string (GCC bug 105651), variants whose other members are
  # read before they are written (105562 and its kin), bounds of vectors that grow (109569 and its kin).
  target_compile_options(brume_compile_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds
                                                         -Wno-stringop-overflow)
endif()
if(BRUME_WERROR)
  target_compile_options(brume_compile_options INTERFACE -Werror)
endif()
if(BRUME_SANITIZE)
  target_compile_options(brume_compile_options INTERFACE -fsanitize=${BRUME_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(brume_compile_options INTERFACE -fsanitize=${BRUME_SANITIZE})
  if(BRUME_SANITIZE MATCHES "undefined" AND NOT BRUME_FUZZ_COVERAGE)
    # A branch at every pointer: nearly half of the compilation. The address sanitizer stops at null and at an object's end;
    # the preset "fuzz" has all of them where foreign bytes are read.
    target_compile_options(brume_compile_options INTERFACE -fno-sanitize=null,alignment,object-size)
  endif()
endif()

# brume_covered: what the rooms, and not what tests them, are compiled with, to see what fuzzing reaches. One program holds
# all of it (the core is static then), so that an address names a place.
add_library(brume_covered INTERFACE)
if(BRUME_FUZZ_COVERAGE)
  target_compile_options(brume_covered INTERFACE -fsanitize-coverage=trace-pc)
endif()

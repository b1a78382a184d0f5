#pragma once

#include <cstddef>

/// What the inputs have reached of the code under test. A place is a basic block of a room, as the compiler marks them
/// with -fsanitize-coverage=trace-pc. Both are 0 unless the build has BRUME_FUZZ_COVERAGE.
std::size_t places_reached();
/// In the whole program, including what no input can reach.
std::size_t places_in_program();

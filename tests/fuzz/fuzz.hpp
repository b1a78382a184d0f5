#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// One input; must return, whatever the bytes. Crashes, sanitizer reports and exceptions that escape are findings.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Valid inputs to mutate from.
std::vector<std::vector<std::uint8_t>> fuzz_seeds();

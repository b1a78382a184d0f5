#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace brume {

/// philox4x32() of `counter` and the numbers after it in its first word, `blocks` of them, four words each.
void philox_blocks(const std::array<std::uint32_t, 4>& counter, const std::array<std::uint32_t, 2>& key,
                   std::size_t blocks, std::uint32_t* words);

}  // namespace brume

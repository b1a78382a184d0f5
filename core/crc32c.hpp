#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace brume {

/// CRC-32C (Castagnoli; RFC 3720 §12.1, check value of "123456789" 0xE3069283). Uses the processor's instruction where
/// there is one. `before` is the CRC of bytes that stand before these.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace brume

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace brume {

/// CRC-32C (Castagnoli; RFC 3720 §12.1, check value of "123456789" 0xE3069283). Uses the processor's instruction where
/// there is one.
std::uint32_t crc32c(std::span<const std::byte> bytes);

}  // namespace brume

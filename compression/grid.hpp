#pragma once

#include <cmath>
#include <cstdint>

namespace brume::compression {

/// The grid on which what devices keep of their updates lies: multiples of 2⁻³⁶, finer than float32 for |x| ≥ 2⁻¹².
constexpr double kGrid = 0x1p36;
constexpr double kGridBound = 0x1p24;                          // of a value: 2^60 on the grid
constexpr std::int64_t kMostResidual = std::int64_t{1} << 61;  // so that adding two stays in range

// A product with a power of two is exact here.
inline std::int64_t on_grid(float value) { return std::llrint(static_cast<double>(value) * kGrid); }
inline float from_grid(std::int64_t value) { return static_cast<float>(static_cast<double>(value) / kGrid); }

}  // namespace brume::compression

#pragma once

#include <span>
#include <vector>

#include "brume/codec.hpp"
#include "brume/task.hpp"

namespace brume::compression {

/// A version of the model as one receiver gets it (compression/FRAME.md): changes of the version that it holds, or a
/// whole model and changes of that one.
struct ModelBundle {
  enum class First : std::uint8_t { change = 0, whole = 1, lossless = 2 };
  First first = First::change;
  Version base = 0;  ///< that the first part changes; of a whole model its own version
  Digest digest{};   ///< of the last version, as its holder has it
  struct Part {
    Version version = 0;
    std::span<const std::byte> frame;  ///< refers to whatever it was read from or is written of
  };
  std::vector<Part> parts{};  ///< none if the receiver holds the version already

  Version to() const { return parts.empty() ? base : parts.back().version; }
};

inline constexpr std::size_t kBundleHeadBytes = 6 + 1 + 8 + 32 + 4 + 4;
inline constexpr std::size_t kBundlePartBytes = 8 + 4;

/// Whether the bytes begin as a bundle does, and not as another frame.
bool is_bundle(std::span<const std::byte> bytes);

std::vector<std::byte> write_bundle(const ModelBundle& bundle);
/// Throws FormatError for anything but what write_bundle() makes.
ModelBundle read_bundle(std::span<const std::byte> bytes);

}  // namespace brume::compression

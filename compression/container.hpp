#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.hpp"

namespace brume::compression {

/// Frames around other frames (compression/FRAME.md): what they hold follows the kind.
enum class ContainerKind : std::uint8_t { layers = 1, rate = 2, reduced = 3, versions = 4, updates = 5 };

constexpr std::size_t kContainerHeadBytes = 6;

/// Magic, version, kind.
void put_container_head(ContainerKind kind, ByteWriter& out);
/// Whether bytes begin with that.
bool is_container(ContainerKind kind, std::span<const std::byte> bytes);
/// Throws FormatError for anything but that kind.
void take_container_head(ContainerKind kind, ByteReader& reader);

}  // namespace brume::compression

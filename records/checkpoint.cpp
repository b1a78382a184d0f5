#include "records/checkpoint.hpp"

#include <fmt/format.h>

#include <cstring>

#include "brume/error.hpp"
#include "core/files.hpp"
#include "core/sha256.hpp"

namespace brume::records {

namespace {

constexpr std::string_view kMagic = "BRUMECKP";
constexpr std::uint16_t kVersion = 5;
constexpr std::size_t kMostBytes = std::size_t{64} << 30;

Digest digest_of(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

Bytes parse(std::span<const std::byte> bytes, std::string_view resolved) {
  ByteReader reader(bytes);
  if (std::memcmp(reader.take(kMagic.size()).data(), kMagic.data(), kMagic.size()) != 0)
    throw FormatError("it is no checkpoint");
  const auto version = reader.u16();
  const auto program = version == kVersion ? reader.text(100) : "another version";
  if (version != kVersion || program != BRUME_VERSION)
    throw FormatError(
        fmt::format("it was written by Brume {} (format {}), this is Brume {} (format {}); go on with that "
                    "version, or run the federation anew",
                    program, version, BRUME_VERSION, kVersion));
  if (bytes.size() < sizeof(Digest)) throw FormatError("it was cut");
  const Digest whole = sha256(bytes.first(bytes.size() - sizeof(Digest)));
  if (std::memcmp(whole.data(), bytes.last(sizeof(Digest)).data(), sizeof(Digest)) != 0)
    throw FormatError("it was cut or damaged (digest mismatch)");
  const Digest federation = digest_of(resolved);
  if (std::memcmp(reader.take(sizeof(Digest)).data(), federation.data(), sizeof(Digest)) != 0)
    throw FormatError("resolved.yaml beside it describes another federation; has it been changed?");
  const auto state = reader.take(reader.u64());
  return {state.begin(), state.end()};
}

}  // namespace

void write_checkpoint(const std::filesystem::path& folder, std::string_view resolved,
                      std::span<const std::byte> state) {
  ByteWriter writer;
  writer.reserve(state.size() + 200);
  writer.append(std::as_bytes(std::span(kMagic)));
  writer.u16(kVersion);
  writer.text(BRUME_VERSION);
  const Digest federation = digest_of(resolved);
  writer.append(std::as_bytes(std::span(federation)));
  writer.u64(state.size());
  writer.append(state);
  const Digest whole = sha256(writer.bytes());
  writer.append(std::as_bytes(std::span(whole)));
  write_file_atomically(folder / kCheckpointName, writer.bytes());
}

Bytes read_checkpoint(const std::filesystem::path& folder, std::string_view resolved) {
  const auto path = folder / kCheckpointName;
  if (!std::filesystem::exists(path))
    throw RequestError(fmt::format("{} has no {}: {}", folder.string(), kCheckpointName,
                                   std::filesystem::exists(folder / "summary.json")
                                       ? "the run has ended"
                                       : "it is no run folder, or its run has not come far enough"));
  const auto bytes = read_file(path, kMostBytes);
  try {
    return parse(bytes, resolved);
  } catch (const FormatError& error) {
    throw RequestError(fmt::format("cannot resume from {}: {}", path.string(), error.what()));
  }
}

}  // namespace brume::records

#include "core/model_file.hpp"

#include <algorithm>
#include <cstring>

#include "brume/error.hpp"
#include "core/bytes.hpp"
#include "core/files.hpp"
#include "core/sha256.hpp"

namespace brume {

namespace {

constexpr std::string_view kMagic = "BRUMEMDL";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kMostTensors = 100'000;
constexpr std::size_t kMostBytes = std::size_t{16} << 30;

TensorSpec read_tensor(ByteReader& reader) {
  TensorSpec tensor;
  tensor.name = reader.text(4096);
  const auto role = reader.u8();
  if (role > 1) throw FormatError("tensor '" + tensor.name + "' has an unknown role");
  tensor.role = static_cast<TensorRole>(role);
  const auto rank = reader.u8();
  if (rank > 8) throw FormatError("tensor '" + tensor.name + "' has more than 8 dimensions");
  for (int i = 0; i < rank; ++i) tensor.shape.push_back(static_cast<std::int64_t>(reader.u64()));
  return tensor;
}

Parameters parse(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  const auto magic = reader.take(kMagic.size());
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0) throw FormatError("it is not a Brume model file");
  if (const auto version = reader.u16(); version != kVersion)
    throw FormatError("its format version " + std::to_string(version) + " is unknown");
  if (bytes.size() < 32) throw FormatError("the data end too early");
  const Digest digest = sha256(bytes.first(bytes.size() - 32));
  if (std::memcmp(digest.data(), bytes.last(32).data(), 32) != 0) throw FormatError("it is damaged (digest mismatch)");
  const std::size_t count = reader.u32();
  if (count > kMostTensors) throw FormatError("it claims more than 100000 tensors");
  std::vector<TensorSpec> tensors;
  for (std::size_t i = 0; i < count; ++i) tensors.push_back(read_tensor(reader));
  auto layout = std::make_shared<const Layout>(std::move(tensors));
  if (reader.left() != layout->size() * sizeof(float) + 32) throw FormatError("its size does not match its tensors");
  Parameters model(layout);
  const auto values = reader.take(layout->size() * sizeof(float));
  if (!values.empty()) std::memcpy(model.values().data(), values.data(), values.size());
  return model;
}

}  // namespace

void write_model_file(const std::filesystem::path& path, const Parameters& model) {
  ByteWriter writer;
  writer.append(std::as_bytes(std::span(kMagic)));
  writer.u16(kVersion);
  const auto& tensors = model.layout().tensors();
  writer.u32(static_cast<std::uint32_t>(tensors.size()));
  for (const auto& tensor : tensors) {
    writer.text(tensor.name);
    writer.u8(static_cast<std::uint8_t>(tensor.role));
    writer.u8(static_cast<std::uint8_t>(tensor.shape.size()));
    for (const auto extent : tensor.shape) writer.u64(static_cast<std::uint64_t>(extent));
  }
  writer.append(std::as_bytes(model.values()));
  const Digest digest = sha256(writer.bytes());
  writer.append(std::as_bytes(std::span(digest)));
  write_file_atomically(path, writer.bytes());
}

Parameters read_model_file(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kMostBytes);
  try {
    return parse(bytes);
  } catch (const FormatError& error) {
    throw RequestError("cannot read model " + path.string() + ": " + error.what());
  }
}

}  // namespace brume

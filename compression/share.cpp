#include "compression/share.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/bytes.hpp"

namespace brume::compression {

std::size_t share_of(double fraction, std::size_t count) {
  const auto share = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(count)));
  return std::clamp<std::size_t>(share, std::min<std::size_t>(1, count), count);
}

std::vector<std::byte> fraction_parameters(double fraction) {
  ByteWriter writer;
  writer.f64(fraction);
  return writer.take();
}

double fraction_from(std::span<const std::byte> parameters, const char* stage) {
  ByteReader reader(parameters);
  const double fraction = reader.f64();
  if (!(fraction > 0 && fraction <= 1) || reader.left() != 0)
    throw FormatError(std::string("stage '") + stage + "' has invalid parameters");
  return fraction;
}

}  // namespace brume::compression

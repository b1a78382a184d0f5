#include "compression/none.hpp"

#include "brume/error.hpp"

namespace brume::compression {

void None::set_parameters(std::span<const std::byte> parameters) {
  if (!parameters.empty()) throw FormatError("stage 'none' takes no parameters");
}

}  // namespace brume::compression

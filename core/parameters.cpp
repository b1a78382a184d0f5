#include "brume/parameters.hpp"

#include <bit>

#include "core/sha256.hpp"

namespace brume {

static_assert(std::endian::native == std::endian::little, "Brume's formats are little-endian and so are its machines");

Digest Parameters::digest() const {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(layout_->digest())));
  hash.update(std::as_bytes(values()));
  return hash.finish();
}

}  // namespace brume

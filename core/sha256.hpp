#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "brume/layout.hpp"

namespace brume {

/// SHA-256 (FIPS 180-4) by libcrypto, which no other file includes.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  Digest finish();  ///< ends the hash; the object must not be used afterwards

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest sha256(std::span<const std::byte> bytes);

std::string to_hex(std::span<const std::uint8_t> bytes);

}  // namespace brume

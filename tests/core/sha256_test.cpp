#include "core/sha256.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace brume {
namespace {

// FIPS 180-4's example "abc".
TEST(Sha256, MatchesTheStandard) {
  const std::string_view text = "abc";
  const auto expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(to_hex(sha256(std::as_bytes(std::span(text)))), expected);
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text).first(1)));
  hash.update(std::as_bytes(std::span(text).subspan(1)));
  EXPECT_EQ(to_hex(hash.finish()), expected);
}

}  // namespace
}  // namespace brume

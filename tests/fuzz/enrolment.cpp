// What anybody can send without a certificate, and what a device can send to have one renewed: tokens, requests,
// certificates, signatures. None of it may be believed unless the issuer or the key made it.
#include <cstdlib>

#include "brume/error.hpp"
#include "net/renewal.hpp"
#include "net/wire.pb.h"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace brume;
using namespace brume::net;

struct Fixture {
  std::string key = make_key();
  Issuer issuer{make_root({"root", std::chrono::hours(1)}, key), key};
  std::string device_key = make_key();
  std::string certificate =
      make_certificate(NodeId::device(7), {"seven", std::chrono::hours(1)}, public_key_of(device_key), issuer);
  std::string token = make_token(NodeId::device(7), "seven", 1LL << 40, issuer);
  wire::Renew renew;
  Fixture() { fill_renewal(make_key(), certificate, device_key, renew); }
};

const Fixture& fixture() {
  static const Fixture one;
  return one;
}

std::vector<std::uint8_t> bytes_of(char kind, const std::string& text) {
  const std::string whole = std::string(1, kind) + text;
  return {whole.begin(), whole.end()};
}

void try_token(const std::string& text) {
  (void)check_token(text, fixture().issuer, 0);
  if (text != fixture().token) std::abort();  // a token that nobody made
}

void try_renewal(const std::string& text) {
  wire::Renew renew;
  if (!renew.ParseFromString(text)) return;
  const auto identity = check_renewal(renew, fixture().issuer, 0);
  if (identity.node != NodeId::device(7) || renew.request() != fixture().renew.request()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] % 3 == 0) try_token(text);
    if (data[0] % 3 == 1) try_renewal(text);
    if (data[0] % 3 == 2) (void)public_key_in(std::as_bytes(std::span(text)));
  } catch (const brume::Error&) {
  }
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  return {bytes_of(0, fixture().token), bytes_of(1, fixture().renew.SerializeAsString()),
          bytes_of(2, fixture().renew.request())};
}

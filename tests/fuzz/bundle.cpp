// Versions of the model as they come down, and updates that a fog node sends on: any bytes end in a FormatError, or in
// a model and in as many updates as there are receipts.
#include <cstdlib>

#include "aggregator/forwarding.hpp"
#include "brume/error.hpp"
#include "compression/make_codec.hpp"
#include "compression/model_history.hpp"
#include "compression/registration.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/repair.hpp"

namespace {

using namespace brume;
using compression::ModelHistory;

constexpr std::size_t kUpdates = 3;

const LayoutPointer& layout() {
  static const auto kLayout =
      std::make_shared<const Layout>(std::vector<TensorSpec>{{"w", {40}, TensorRole::trainable}});
  return kLayout;
}

std::shared_ptr<const Codec> codec(const std::vector<const char*>& names) {
  Registry registry;
  compression::register_codecs(registry);
  std::vector<Chosen<Stage>> stages;
  for (const auto* name : names) stages.push_back(Chosen<Stage>::make(registry, name));
  return compression::make_codec(stages, false);
}

ModelHistory history(ModelHistory::Keeps keeps) {
  static const ModelHistory::Codecs kCodecs{codec({"quantize"}), codec({"stc"})};
  return {kCodecs, layout(), keeps};
}

// Four versions; what a receiver that holds the second knows of them.
ModelHistory sender() {
  auto sender = history(ModelHistory::Keeps::all);
  Parameters model(layout());
  for (Version version = 0; version < 4; ++version) {
    Stream stream(version, Purpose::plugin);
    for (float& value : model.values()) value += static_cast<float>(stream.normal());
    (void)sender.push(version, model, stream);
  }
  return sender;
}

void take_bundle(std::vector<std::byte> bytes, bool holds) {
  static const auto kFirst = sender().bundle(std::nullopt, 1);
  auto receiver = history(ModelHistory::Keeps::newest);
  if (holds) (void)receiver.take(kFirst);
  try {
    const auto held = receiver.take(std::make_shared<const std::vector<std::byte>>(std::move(bytes)));
    if (held.model->digest() != *held.digest) std::abort();
  } catch (const FormatError&) {
  }
}

void read_updates(std::span<const std::byte> bytes) {
  try {
    const auto updates = aggregator::read_forwarded(bytes, kUpdates, {{"delta", layout()}}, {"loss"});
    if (updates.size() != kUpdates) std::abort();
  } catch (const FormatError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  std::vector<std::byte> frame(bytes.begin(), bytes.end());
  if ((data[0] & 0x80U) != 0) repair_frame(frame);
  data[0] % 3 == 2 ? read_updates(frame) : take_bundle(std::move(frame), data[0] % 3 == 1);
  return 0;
}

std::vector<std::vector<std::uint8_t>> fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  const auto add = [&](std::uint8_t which, std::span<const std::byte> frame) {
    auto& seed = seeds.emplace_back();
    seed.push_back(which);
    for (const auto byte : frame) seed.push_back(std::to_integer<std::uint8_t>(byte));
  };
  const auto from = sender();
  add(0x80 + 1, *from.bundle(std::nullopt, 3));  // 0x81 mod 3 is 0
  add(0x80 + 2, *from.bundle(1, 3));             // 1: changes of what it holds
  aggregator::Forwarding forwarding(1 << 16);
  for (DeviceIndex device = 0; device < kUpdates; ++device)
    forwarding.add(device, {{{"delta", from.bundle(std::nullopt, 0)}}, {{"loss", 1.0}}});
  add(2, *forwarding.encode());
  return seeds;
}

#include "compression/ladder.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "brume/error.hpp"
#include "compression/container.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kMostRungs = 128;

// 2^(−i/8): the same bits on every machine, since both ends put it into their headers.
double share_of_rung(std::size_t rung) {
  constexpr double kEighths[] = {1,
                                 0.9170040432046712,
                                 0.8408964152537145,
                                 0.7711054127039704,
                                 0.7071067811865476,
                                 0.6484197773255048,
                                 0.5946035575013605,
                                 0.5452538663326288};
  return std::ldexp(kEighths[rung % 8], -static_cast<int>(rung / 8));
}

}  // namespace

Ladder::Ladder(std::vector<std::shared_ptr<const Codec>> rungs, double target_bits)
    : rungs_(std::move(rungs)), target_bits_(target_bits) {
  assert(!rungs_.empty() && rungs_.size() <= kMostRungs);
}

std::size_t Ladder::worst_case_bytes(const Layout& layout) const {
  std::size_t most = 0;
  for (const auto& rung : rungs_) most = std::max(most, rung->worst_case_bytes(layout));
  return kContainerHeadBytes + 1 + most;
}

std::size_t Ladder::most_bytes(std::size_t elements, const FrameContext& context) const {
  std::size_t most = context.most_bytes > 0 ? context.most_bytes : SIZE_MAX;
  if (target_bits_ > 0)
    most = std::min(most, static_cast<std::size_t>(target_bits_ * static_cast<double>(elements) / 8));
  return most;
}

CodecTraits Ladder::traits() const {
  auto traits = rungs_.front()->traits();
  traits.most_error = std::numeric_limits<double>::infinity();  // whatever fits
  return traits;
}

// Bisection: each rung's frames are smaller than those of the one before.
Frame Ladder::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                     State& state) const {
  const std::size_t most = most_bytes(values.size(), context);
  const bool stateful = traits().stateful;
  const State before = stateful ? state : State{};
  const auto attempt = [&](std::size_t rung) {
    if (stateful) state = before;
    ByteWriter out;
    put_container_head(ContainerKind::rate, out);
    out.u8(static_cast<std::uint8_t>(rung));
    out.append(*rungs_[rung]->encode(values, layout, context, stream, state));
    return out.take();
  };
  std::size_t first = 0;
  std::size_t last = rungs_.size() - 1;
  while (first < last) {
    const std::size_t middle = (first + last) / 2;
    if (attempt(middle).size() <= most) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  return std::make_shared<const Bytes>(attempt(first));
}

FrameContext Ladder::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  ByteReader reader(frame);
  take_container_head(ContainerKind::rate, reader);
  const std::size_t rung = reader.u8();
  if (rung >= rungs_.size()) throw FormatError("a frame is from a rung that its ladder does not have");
  return rungs_[rung]->decode(reader.rest(), layout, out);
}

std::vector<std::shared_ptr<const Codec>> rungs_of(
    const std::vector<std::shared_ptr<const Stage>>& stages,
    const std::function<std::shared_ptr<const Codec>(const std::vector<std::shared_ptr<const Stage>>&)>& make) {
  const auto adjustable = [](const auto& stage) { return stage->lessened(1) != nullptr; };
  const auto found = std::find_if(stages.begin(), stages.end(), adjustable);
  if (found == stages.end())
    throw RequestError(
        "no stage of the chain can send more or less: a rate needs one with a 'step' or a 'fraction', such as tcq or "
        "top_k");
  std::vector<std::shared_ptr<const Codec>> rungs{make(stages)};
  while (rungs.size() < kMostRungs) {
    auto rung = stages;
    rung[static_cast<std::size_t>(found - stages.begin())] = (*found)->lessened(share_of_rung(rungs.size()));
    try {
      rungs.push_back(make(rung));
    } catch (const RequestError&) {  // too coarse for its error feedback: the ladder ends above
      break;
    }
  }
  return rungs;
}

}  // namespace brume::compression

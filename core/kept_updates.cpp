#include <algorithm>
#include <cmath>

#include "brume/aggregate.hpp"
#include "brume/error.hpp"
#include "core/bytes.hpp"
#include "core/crc32c.hpp"

namespace brume {

namespace {

constexpr std::uint8_t kVersion = 1;

bool finite(const NamedVector& vector) {
  return std::all_of(vector.values.begin(), vector.values.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

void KeptUpdates::check(const Contribution& contribution) const {
  bool fits = contribution.vectors.size() == vectors_.size() && contribution.scalars.size() == scalars_.size();
  for (std::size_t i = 0; fits && i < vectors_.size(); ++i)
    fits = contribution.vectors[i].name == vectors_[i].name &&
           contribution.vectors[i].values.size() == vectors_[i].layout->size();
  for (std::size_t i = 0; fits && i < scalars_.size(); ++i) fits = contribution.scalars[i].name == scalars_[i];
  if (!fits) throw FormatError("an update's vectors or scalars are not those that the aggregate keeps");
}

AddOutcome KeptUpdates::add(const Contribution& contribution) {
  check(contribution);
  if (!std::all_of(contribution.vectors.begin(), contribution.vectors.end(), finite)) return AddOutcome::not_finite;
  if (!std::all_of(contribution.scalars.begin(), contribution.scalars.end(),
                   [](const NamedScalar& scalar) { return std::isfinite(scalar.value); }))
    return AddOutcome::not_finite;
  if (updates_.size() >= most_) return AddOutcome::full;
  return updates_.emplace(contribution.task, contribution).second ? AddOutcome::added : AddOutcome::full;
}

AddOutcome KeptUpdates::merge(const Aggregate& other) {
  const auto& more = dynamic_cast<const KeptUpdates&>(other).updates_;
  if (updates_.size() + more.size() > most_) return AddOutcome::full;
  for (const auto& [task, contribution] : more)
    if (updates_.count(task) > 0) return AddOutcome::full;
  updates_.insert(more.begin(), more.end());
  return AddOutcome::added;
}

bool KeptUpdates::consists_of(std::span<const TaskId> tasks) const {
  return tasks.size() == updates_.size() &&
         std::all_of(tasks.begin(), tasks.end(), [&](const TaskId& task) { return updates_.count(task) > 0; });
}

// The updates in the order of their tasks, float32 as they are.
Frame KeptUpdates::encode(const Codec* lossy, const Stream& /*stream*/) const {
  if (lossy) throw Error("an algorithm that keeps every update needs the fog uplink 'exact'");
  ByteWriter out;
  out.u8(kVersion);
  out.u64(updates_.size());
  for (const auto& [task, contribution] : updates_) {
    out.u64(task.version);
    out.u64(task.device);
    out.u32(task.attempt);
    out.f64(contribution.weight);
    for (const auto& vector : contribution.vectors) out.append(std::as_bytes(std::span(vector.values)));
    for (const auto& scalar : contribution.scalars) out.f64(scalar.value);
  }
  out.u32(crc32c(out.bytes()));
  return std::make_shared<const Bytes>(out.take());
}

void KeptUpdates::decode(std::span<const std::byte> frame, const Codec* /*lossy*/) {
  if (frame.size() < 4) throw FormatError("the data end too early");
  ByteReader tail(frame.last(4));
  if (tail.u32() != crc32c(frame.first(frame.size() - 4))) throw FormatError("a partial is damaged (CRC mismatch)");
  ByteReader in(frame.first(frame.size() - 4));
  if (in.u8() != kVersion) throw FormatError("a partial has an unknown version");
  const auto count = in.u64();
  if (count > most_) throw FormatError("a partial keeps more updates than were asked for");
  for (std::uint64_t i = 0; i < count; ++i) {
    Contribution contribution;
    contribution.task = {in.u64(), in.u64(), in.u32()};
    contribution.weight = in.f64();
    if (!std::isfinite(contribution.weight) || contribution.weight <= 0)
      throw FormatError("a kept weight is not above 0");
    for (const auto& spec : vectors_) {
      const auto bytes = in.take(spec.layout->size() * sizeof(float));
      NamedVector vector{spec.name, spec.layout, FloatVector(spec.layout->size())};
      if (!bytes.empty()) std::memcpy(vector.values.data(), bytes.data(), bytes.size());
      contribution.vectors.push_back(std::move(vector));
    }
    for (const auto& name : scalars_) contribution.scalars.push_back({name, in.f64()});
    if (add(contribution) != AddOutcome::added) throw FormatError("a partial keeps an update twice or one not finite");
  }
  if (in.left() != 0) throw FormatError("bytes follow a partial's last update");
}

}  // namespace brume

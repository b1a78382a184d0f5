#include "aggregator/forwarding.hpp"

#include "brume/error.hpp"
#include "compression/container.hpp"
#include "core/bytes.hpp"

namespace brume::aggregator {

namespace {

constexpr auto kKind = compression::ContainerKind::updates;

}  // namespace

void Forwarding::add(DeviceIndex device, One one) {
  if (!complete_) return;
  for (const auto& vector : one.vectors) bytes_ += vector.frame->size();
  if (bytes_ > most_bytes_) return give_up();
  updates_.insert_or_assign(device, std::move(one));
}

void Forwarding::give_up() {
  complete_ = false;
  updates_.clear();
}

Frame Forwarding::encode() const {
  if (!complete_ || updates_.empty()) return nullptr;
  ByteWriter out;
  compression::put_container_head(kKind, out);
  for (const auto& [device, one] : updates_) {
    for (const auto& scalar : one.scalars) out.f64(scalar.value);
    for (const auto& vector : one.vectors) {
      out.varint(vector.frame->size());
      out.append(*vector.frame);
    }
  }
  return std::make_shared<const Bytes>(out.take());
}

bool is_forwarded(std::span<const std::byte> frame) { return compression::is_container(kKind, frame); }

std::vector<Forwarding::One> read_forwarded(std::span<const std::byte> frame, std::size_t count,
                                            const std::vector<VectorSpec>& vectors,
                                            const std::vector<std::string>& scalars) {
  ByteReader reader(frame);
  compression::take_container_head(kKind, reader);
  std::vector<Forwarding::One> updates(count);
  for (auto& one : updates) {
    for (const auto& name : scalars) one.scalars.push_back({name, reader.f64()});
    for (const auto& spec : vectors) {
      const auto bytes = reader.take(reader.varint());
      one.vectors.push_back({spec.name, std::make_shared<const Bytes>(bytes.begin(), bytes.end())});
    }
  }
  if (reader.left() != 0) throw FormatError("bytes follow a part's last update");
  return updates;
}

}  // namespace brume::aggregator

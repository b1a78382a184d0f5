#include "client/model_receiver.hpp"

#include "brume/error.hpp"

namespace brume::client {

namespace {

constexpr std::size_t kRemembered = 4;

template <class T>
const T* find(const std::vector<std::pair<Frame, T>>& recent, const Frame& frame) {
  for (const auto& [known, value] : recent)
    if (known == frame) return &value;
  return nullptr;
}

template <class T>
const T& remember(std::vector<std::pair<Frame, T>>& recent, const Frame& frame, T value) {
  if (recent.size() == kRemembered) recent.erase(recent.begin());
  return recent.emplace_back(frame, std::move(value)).second;
}

}  // namespace

ModelReceiver::Received ModelReceiver::receive(const Frame& frame) {
  if (const auto* known = find(recent_, frame)) return *known;
  if (!frame) throw FormatError("a task lacks its model");
  auto model = std::make_shared<Parameters>(layout_);
  downlink_->decode(*frame, *layout_, model->values());
  auto digest = std::make_shared<const Digest>(model->digest());
  return remember(recent_, frame, Received{std::move(model), std::move(digest)});
}

ModelReceiver::Broadcast ModelReceiver::receive(const std::vector<EncodedVector>& vectors,
                                                const std::vector<VectorSpec>& specs) {
  if (vectors.size() != specs.size()) throw FormatError("a task lacks vectors that go with its model");
  if (vectors.empty()) return nothing_;
  if (const auto* known = find(recent_broadcasts_, vectors.front().frame)) return *known;
  auto decoded = std::make_shared<std::vector<NamedVector>>();
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (vectors[i].name != specs[i].name || !vectors[i].frame)
      throw FormatError("a task has a vector '" + vectors[i].name + "' in place of '" + specs[i].name + "'");
    NamedVector vector{specs[i].name, specs[i].layout, FloatVector(specs[i].layout->size())};
    downlink_->decode(*vectors[i].frame, *specs[i].layout, vector.values);
    decoded->push_back(std::move(vector));
  }
  return remember<Broadcast>(recent_broadcasts_, vectors.front().frame, std::move(decoded));
}

}  // namespace brume::client

#include "client/model_receiver.hpp"

#include "brume/error.hpp"

namespace brume::client {

namespace {

template <class T>
const T* find(const std::vector<std::pair<Frame, T>>& recent, const Frame& frame) {
  for (const auto& [known, value] : recent)
    if (known == frame) return &value;
  return nullptr;
}

// Before the next one is decoded: what is forgotten leaves its memory to it.
template <class T>
void make_room(std::vector<std::pair<Frame, T>>& recent, std::size_t remembered) {
  if (recent.size() >= remembered) recent.erase(recent.begin());
}

}  // namespace

ModelReceiver::Received ModelReceiver::receive(const Frame& frame) {
  if (const auto* known = find(recent_, frame)) return *known;
  if (!frame) throw FormatError("a task lacks its model");
  if (history_ && compression::is_bundle(*frame)) {
    auto held = history_->take(frame);
    return {std::move(held.model), std::move(held.digest)};
  }
  make_room(recent_, remembered_);
  auto model = std::make_shared<Parameters>(layout_);
  const auto codec = history_ ? compression::ModelHistory::lossless() : downlink_;  // for use, beside the versions
  codec->decode(*frame, *layout_, model->values());
  auto digest = std::make_shared<const Digest>(model->digest());
  return recent_.emplace_back(frame, Received{std::move(model), std::move(digest)}).second;
}

ModelReceiver::Broadcast ModelReceiver::receive(const std::vector<EncodedVector>& vectors,
                                                const std::vector<VectorSpec>& specs) {
  if (vectors.size() != specs.size()) throw FormatError("a task lacks vectors that go with its model");
  if (vectors.empty()) return nothing_;
  if (const auto* known = find(recent_broadcasts_, vectors.front().frame)) return *known;
  make_room(recent_broadcasts_, remembered_);
  auto decoded = std::make_shared<std::vector<NamedVector>>();
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    if (vectors[i].name != specs[i].name || !vectors[i].frame)
      throw FormatError("a task has a vector '" + vectors[i].name + "' in place of '" + specs[i].name + "'");
    NamedVector vector{specs[i].name, specs[i].layout, FloatVector(specs[i].layout->size())};
    downlink_->decode(*vectors[i].frame, *specs[i].layout, vector.values);
    decoded->push_back(std::move(vector));
  }
  return recent_broadcasts_.emplace_back(vectors.front().frame, std::move(decoded)).second;
}

}  // namespace brume::client

#include "brume/layout.hpp"

#include <set>
#include <utility>

#include "brume/error.hpp"
#include "core/bytes.hpp"
#include "core/sha256.hpp"

namespace brume {

namespace {

constexpr std::size_t kMostElements = std::size_t{1} << 40;

Digest digest_of(const std::vector<TensorSpec>& tensors) {
  ByteWriter bytes;
  for (const auto& tensor : tensors) {
    bytes.text(tensor.name);
    bytes.u8(static_cast<std::uint8_t>(tensor.role));
    bytes.u32(static_cast<std::uint32_t>(tensor.shape.size()));
    for (const auto extent : tensor.shape) bytes.u64(static_cast<std::uint64_t>(extent));
  }
  return sha256(bytes.bytes());
}

void check(const TensorSpec& tensor) {
  std::size_t elements = 1;
  for (const auto extent : tensor.shape) {
    if (extent < 1) throw FormatError("tensor '" + tensor.name + "' has an extent below 1");
    if (static_cast<std::size_t>(extent) > kMostElements / elements)
      throw FormatError("tensor '" + tensor.name + "' has more than 2^40 elements");
    elements *= static_cast<std::size_t>(extent);
  }
}

}  // namespace

std::size_t TensorSpec::size() const {
  std::size_t elements = 1;
  for (const auto extent : shape) elements *= static_cast<std::size_t>(extent);
  return elements;
}

Layout::Layout(std::vector<TensorSpec> tensors) : tensors_(std::move(tensors)), offsets_{0} {
  std::set<std::string> names;
  for (const auto& tensor : tensors_) {
    check(tensor);
    if (!names.insert(tensor.name).second) throw FormatError("two tensors are named '" + tensor.name + "'");
    if (tensor.role == TensorRole::trainable && trainable_size_ != offsets_.back())
      throw FormatError("trainable tensor '" + tensor.name + "' follows a buffer");
    offsets_.push_back(offsets_.back() + tensor.size());
    if (offsets_.back() > kMostElements) throw FormatError("a layout has more than 2^40 elements");
    if (tensor.role == TensorRole::trainable) trainable_size_ = offsets_.back();
  }
  digest_ = digest_of(tensors_);
}

LayoutPointer trainable_part(const LayoutPointer& layout) {
  if (layout->trainable_size() == layout->size()) return layout;
  std::vector<TensorSpec> trainable;
  for (const auto& tensor : layout->tensors())
    if (tensor.role == TensorRole::trainable) trainable.push_back(tensor);
  return std::make_shared<const Layout>(std::move(trainable));
}

}  // namespace brume

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace brume {

using Digest = std::array<std::uint8_t, 32>;  ///< a SHA-256 value

/// Whether a tensor is changed by gradients or only carried along (running statistics and the like).
enum class TensorRole : std::uint8_t { trainable, buffer };

struct TensorSpec {
  std::string name;                 ///< unique within a layout, "conv1.weight"
  std::vector<std::int64_t> shape;  ///< every extent ≥ 1; empty for a scalar
  TensorRole role = TensorRole::trainable;

  std::size_t size() const;  ///< number of elements
};

/// Names, shapes and offsets of a model's tensors, in the order in which they lie in a `Parameters` vector.
/// Trainable tensors come first, so that gradients and optimisers work on one contiguous prefix.
/// Immutable, shared by pointer, safe to read from any thread.
class Layout {
 public:
  /// Throws FormatError for a duplicate name, an extent < 1, a buffer before a trainable tensor, or more than 2⁴⁰
  /// elements.
  explicit Layout(std::vector<TensorSpec> tensors);

  const std::vector<TensorSpec>& tensors() const { return tensors_; }
  std::size_t offset(std::size_t tensor) const { return offsets_[tensor]; }
  std::size_t size() const { return offsets_.back(); }  ///< elements of all tensors
  std::size_t trainable_size() const { return trainable_size_; }

  /// SHA-256 of the tensor table; equal layouts have equal digests on every machine.
  const Digest& digest() const { return digest_; }

 private:
  std::vector<TensorSpec> tensors_;
  std::vector<std::size_t> offsets_;  // one more than tensors
  std::size_t trainable_size_ = 0;
  Digest digest_{};
};

using LayoutPointer = std::shared_ptr<const Layout>;

/// The layout of the trainable elements alone; the same one if there are no others.
LayoutPointer trainable_part(const LayoutPointer& layout);

}  // namespace brume

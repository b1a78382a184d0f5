#pragma once

#include <new>
#include <span>
#include <vector>

#include "brume/layout.hpp"

namespace brume {

/// Allocates on cache-line boundaries, so that vector code never straddles a line at the start.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>& /*other*/) {
  }  // NOLINT(google-explicit-constructor): the allocator protocol

  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), kAlignment)); }
  void deallocate(T* pointer, std::size_t /*n*/) { ::operator delete(pointer, kAlignment); }
  template <class U>
  bool operator==(const AlignedAllocator<U>& /*other*/) const {
    return true;
  }
};

using FloatVector = std::vector<float, AlignedAllocator<float>>;

/// A model as everything outside `learning/` sees it: one contiguous, 64-byte aligned float vector and its layout.
/// A value: copies are deep, the layout is shared.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(LayoutPointer layout) : layout_(std::move(layout)), values_(layout_->size()) {}

  const Layout& layout() const { return *layout_; }
  const LayoutPointer& layout_pointer() const { return layout_; }
  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }
  std::span<const float> tensor(std::size_t index) const {
    return values().subspan(layout_->offset(index), layout_->tensors()[index].size());
  }
  std::span<float> tensor(std::size_t index) {
    return values().subspan(layout_->offset(index), layout_->tensors()[index].size());
  }

  /// SHA-256 of the layout's digest followed by the values as little-endian float32.
  Digest digest() const;

 private:
  LayoutPointer layout_;
  FloatVector values_;
};

}  // namespace brume

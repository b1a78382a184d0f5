#pragma once

#include <string>

#include "brume/codec.hpp"

namespace brume::compression {

/// Which tensors go through a codec of their own.
struct LayerRule {
  std::string match;      ///< of a tensor's name: * stands for any characters, ? for one
  std::size_t below = 0;  ///< if above 0: only tensors with fewer elements
  std::shared_ptr<const Codec> codec;
};

/// Whether a tensor's name fits a pattern.
bool matches(std::string_view pattern, std::string_view name);

/// Tensors by rules: each goes through the codec of the first rule that it fits, the others through the last one's,
/// `rest`. What a codec remembers is kept by vector and rule.
class Layered final : public Codec {
 public:
  Layered(std::vector<LayerRule> rules, std::shared_ptr<const Codec> rest);

  CodecTraits traits() const override { return traits_; }
  Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
               State& state) const override;
  FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const override;
  void fold_back(std::span<const std::byte> frame, const Layout& layout, std::string_view vector,
                 State& state) const override;
  std::size_t state_bytes(const Layout& layout) const override;
  std::size_t worst_case_bytes(const Layout& layout) const override;
  std::size_t worst_case_bytes_of(std::uint64_t version, const Layout& layout) const override;

 private:
  template <class Of>
  std::size_t sum_of_bytes(const Layout& layout, const Of& of) const;
  struct Group {
    const Codec* codec;
    Layout layout;
    std::vector<std::size_t> tensors;  // of the whole vector's
  };
  std::vector<Group> groups(const Layout& layout) const;
  std::vector<std::span<const std::byte>> parts(std::span<const std::byte> frame, const Layout& layout,
                                                const std::vector<Group>& groups) const;

  std::vector<LayerRule> rules_;
  CodecTraits traits_;
};

}  // namespace brume::compression

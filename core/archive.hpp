#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "brume/parameters.hpp"
#include "brume/state.hpp"
#include "core/bytes.hpp"

namespace brume {

// Values as bytes and back. A type is archived by one function that visits its fields, for both directions:
//
//   template <class Archive> void describe(Archive& archive, TaskId& task) { archive(task.version, …); }
//
// found by its argument, or a member template describe(Archive&). Shared objects (frames, models) are written once.
// Reading trusts nothing: it throws FormatError, and allocates no more than the bytes that are there warrant.

template <class T, class Archive>
concept DescribesItself = requires(T& value, Archive& archive) {
  value.describe(archive);
};

template <class Archive>
void describe(Archive& archive, State& state) {
  archive(state.vectors, state.integers, state.scalars);
}
template <class Archive>
void describe(Archive& archive, TensorSpec& tensor) {
  archive(tensor.name, tensor.shape, tensor.role);
}

/// The fields of T as a function sees them; used by both archives.
template <class Archive, class T>
void describe_any(Archive& archive, T& value) {
  if constexpr (DescribesItself<T, Archive>) {
    value.describe(archive);
  } else {
    describe(archive, value);
  }
}

class ArchiveWriter {
 public:
  static constexpr bool kReading = false;

  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }
  std::size_t size() const { return out_.size(); }
  Bytes take() { return out_.take(); }

 private:
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void write(T value) {
    const auto raw = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
    out_.append(raw);
  }
  void write(const std::string& text) { out_.text(text); }
  template <class Rep, class Period>
  void write(const std::chrono::duration<Rep, Period>& duration) {
    write(duration.count());
  }
  template <class Clock, class Span>
  void write(const std::chrono::time_point<Clock, Span>& time) {
    write(time.time_since_epoch());
  }
  template <class T, std::size_t N>
  void write(const std::array<T, N>& items) {
    for (const auto& item : items) write(item);
  }
  template <class T, class A>
  void write(const std::vector<T, A>& items) {
    out_.u64(items.size());
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>) {
      out_.append(std::as_bytes(std::span(items)));
    } else {
      for (const auto& item : items) write(item);
    }
  }
  template <class K, class V, class C>
  void write(const std::map<K, V, C>& items) {
    out_.u64(items.size());
    for (const auto& [key, value] : items) (*this)(key, value);
  }
  template <class T, class C>
  void write(const std::set<T, C>& items) {
    out_.u64(items.size());
    for (const auto& item : items) write(item);
  }
  template <class A, class B>
  void write(const std::pair<A, B>& pair) {
    (*this)(pair.first, pair.second);
  }
  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <class... T>
  void write(const std::variant<T...>& value) {
    out_.u8(static_cast<std::uint8_t>(value.index()));
    std::visit([&](const auto& content) { write(content); }, value);
  }
  template <class T>
  void write(const std::shared_ptr<T>& shared) {
    if (!shared) return out_.u32(0);
    const auto [place, fresh] = ids_.try_emplace(shared.get(), static_cast<std::uint32_t>(ids_.size() + 1));
    out_.u32(place->second);
    if (!fresh) return;
    kept_.push_back(shared);  // its address stays its own while this archive is written
    write(*shared);
  }
  void write(const Layout& layout) { write(layout.tensors()); }
  void write(const Parameters& model) {
    write(model.layout_pointer());
    if (model.layout_pointer()) out_.append(std::as_bytes(model.values()));
  }
  template <class T>
  requires std::is_class_v<T>
  void write(const T& value) {
    describe_any(*this,
                 const_cast<T&>(value));  // NOLINT(cppcoreguidelines-pro-type-const-cast): writing changes nothing
  }

  ByteWriter out_;
  std::unordered_map<const void*, std::uint32_t> ids_;
  std::vector<std::shared_ptr<const void>> kept_;
};

class ArchiveReader {
 public:
  static constexpr bool kReading = true;

  explicit ArchiveReader(std::span<const std::byte> bytes) : in_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  std::size_t left() const { return in_.left(); }

 private:
  std::size_t count(std::size_t bytes_each) {
    const auto count = in_.u64();
    if (count > in_.left() / bytes_each) throw FormatError("the data end too early");
    return static_cast<std::size_t>(count);
  }
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void read(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = in_.u8() != 0;
    } else {
      std::memcpy(&value, in_.take(sizeof(T)).data(), sizeof(T));
    }
  }
  void read(std::string& text) { text = in_.text(in_.left()); }
  template <class Rep, class Period>
  void read(std::chrono::duration<Rep, Period>& duration) {
    Rep ticks{};
    read(ticks);
    duration = std::chrono::duration<Rep, Period>(ticks);
  }
  template <class Clock, class Span>
  void read(std::chrono::time_point<Clock, Span>& time) {
    Span since{};
    read(since);
    time = std::chrono::time_point<Clock, Span>(since);
  }
  template <class T, std::size_t N>
  void read(std::array<T, N>& items) {
    for (auto& item : items) read(item);
  }
  template <class T, class A>
  void read(std::vector<T, A>& items) {
    if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::byte>) {
      items.resize(count(sizeof(T)));
      const auto bytes = in_.take(items.size() * sizeof(T));
      if (!bytes.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
    } else {
      items.clear();
      for (std::size_t left = count(1); left > 0; --left) read(items.emplace_back());
    }
  }
  template <class K, class V, class C>
  void read(std::map<K, V, C>& items) {
    items.clear();
    for (std::size_t left = count(1); left > 0; --left) {
      K key{};
      read(key);
      read(items[std::move(key)]);
    }
  }
  template <class T, class C>
  void read(std::set<T, C>& items) {
    items.clear();
    for (std::size_t left = count(1); left > 0; --left) {
      T item{};
      read(item);
      items.insert(std::move(item));
    }
  }
  template <class A, class B>
  void read(std::pair<A, B>& pair) {
    (*this)(pair.first, pair.second);
  }
  template <class T>
  void read(std::optional<T>& value) {
    bool there = false;
    read(there);
    value.reset();
    if (there) read(value.emplace());
  }
  template <class... T>
  void read(std::variant<T...>& value) {
    const std::size_t index = in_.u8();
    if (index >= sizeof...(T)) throw FormatError("an alternative is unknown");
    read_alternative(value, index, std::index_sequence_for<T...>{});
  }
  template <class Variant, std::size_t... I>
  void read_alternative(Variant& value, std::size_t index, std::index_sequence<I...>) {
    ((I == index ? read(value.template emplace<I>()) : void()), ...);
  }
  template <class T>
  void read(std::shared_ptr<T>& shared) {
    const std::uint32_t id = in_.u32();
    if (id == 0) return shared.reset();
    using Plain = std::remove_const_t<T>;
    if (id <= objects_.size()) {
      const auto& known = objects_[id - 1];
      if (!known.pointer || *known.type != typeid(Plain)) throw FormatError("a shared object is of another type");
      shared = std::static_pointer_cast<Plain>(known.pointer);
      return;
    }
    if (id != objects_.size() + 1) throw FormatError("a shared object is not there");
    objects_.emplace_back();  // numbered before what it refers to
    auto object = make_object<Plain>();
    objects_[id - 1] = {object, &typeid(Plain)};
    shared = std::move(object);
  }
  template <class T>
  std::shared_ptr<T> make_object() {
    if constexpr (std::is_same_v<T, Layout>) {
      std::vector<TensorSpec> tensors;
      read(tensors);
      return std::make_shared<Layout>(std::move(tensors));
    } else {
      auto object = std::make_shared<T>();
      read(*object);
      return object;
    }
  }
  void read(Parameters& model) {
    LayoutPointer layout;
    read(layout);
    if (!layout) return;
    if (layout->size() > in_.left() / sizeof(float)) throw FormatError("the data end too early");
    model = Parameters(std::move(layout));
    const auto bytes = in_.take(model.values().size_bytes());
    if (!bytes.empty()) std::memcpy(model.values().data(), bytes.data(), bytes.size());
  }
  template <class T>
  requires std::is_class_v<T>
  void read(T& value) { describe_any(*this, value); }

  struct Object {
    std::shared_ptr<void> pointer;  // null while it is being read
    const std::type_info* type = nullptr;
  };
  ByteReader in_;
  std::vector<Object> objects_;
};

/// A value as bytes.
template <class T>
Bytes archived(const T& value) {
  ArchiveWriter writer;
  writer(value);
  return writer.take();
}

}  // namespace brume

#pragma once

#include <vector>

#include "brume/options.hpp"

namespace brume::configs {

/// A list of maps as a vector, each declared by `declare_one(options, item)`.
template <class T, class DeclareOne>
Options::Sections list_of(std::vector<T>& items, DeclareOne declare_one) {
  return {[&items] { return items.size(); }, [&items](std::size_t size) { items.resize(size); },
          [&items, declare_one](std::size_t i, Options& o) { declare_one(o, items[i]); }};
}

}  // namespace brume::configs

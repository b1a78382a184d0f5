#pragma once

#include <variant>
#include <vector>

#include "messages/events.hpp"

namespace brume::testing {

/// The actions of one kind among all that a role has asked for, in order.
template <class T>
std::vector<T> actions_of(const Actions& actions) {
  std::vector<T> found;
  for (const auto& action : actions)
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  return found;
}

}  // namespace brume::testing

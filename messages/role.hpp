#pragma once

#include <span>
#include <utility>

#include "messages/events.hpp"

namespace brume {

/// A role, as a host sees it: a state machine without I/O.
class Role {
 public:
  virtual ~Role() = default;
  virtual void handle(const Event& event, Time now, Actions& actions) = 0;
  virtual void restore(std::span<const Record> records) = 0;
  virtual SnapshotRecord snapshot() = 0;
};

template <class T>
class RoleOf final : public Role {
 public:
  template <class... Arguments>
  explicit RoleOf(Arguments&&... arguments) : role(std::forward<Arguments>(arguments)...) {}
  void handle(const Event& event, Time now, Actions& actions) override { role.handle(event, now, actions); }
  void restore(std::span<const Record> records) override { role.restore(records); }
  SnapshotRecord snapshot() override { return role.snapshot(); }
  T role;
};

}  // namespace brume

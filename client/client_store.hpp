#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "brume/state.hpp"
#include "brume/task.hpp"
#include "core/bytes.hpp"
#include "messages/records.hpp"

namespace brume::client {

/// The states of devices: what each has committed, and what its tasks would leave behind (staged). Costs memory only
/// for devices that hold something, and no more than a cap: what was used least recently lies in an unnamed file.
/// Not thread-safe.
class ClientStore {
 public:
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  /// `spill` is the folder of the file, made when it is first needed. Operations that touch it throw Error when it
  /// cannot be written or read.
  explicit ClientStore(std::uint64_t memory = kUnlimited, std::filesystem::path spill = {});
  ~ClientStore();
  ClientStore(const ClientStore&) = delete;
  ClientStore& operator=(const ClientStore&) = delete;

  State algorithm_state(DeviceIndex device) { return get({device, {}, Kind::algorithm}); }
  /// What a task would leave of it, or the device's own if that is nothing.
  State algorithm_state_after(const TaskId& task);
  State codec_state(DeviceIndex device) { return get({device, {}, Kind::codec}); }
  /// Takes the codec's stock out: a task spends it, and gives back what is left with `put_back`.
  State take_codec_state(DeviceIndex device) { return take({device, {}, Kind::codec}); }
  void put_back_codec_state(DeviceIndex device, State stock);
  void put_algorithm_state(DeviceIndex device, State state) { put({device, {}, Kind::algorithm}, std::move(state)); }

  void stage(const TaskId& task, StagedState staged);
  StagedState take_staged(const TaskId& task);

  std::uint64_t bytes_in_memory() const { return in_memory_; }
  std::uint64_t bytes_on_disk() const { return on_disk_; }

  template <class Archive>
  void describe(Archive& archive);

 private:
  enum class Kind : std::uint8_t { algorithm, codec };
  struct Key {
    DeviceIndex device = 0;
    TaskId task;  // of a staged state
    Kind kind = Kind::algorithm;
    bool staged = false;
    auto operator<=>(const Key&) const = default;
    template <class Archive>
    void describe(Archive& archive);
  };
  struct Entry {
    State state;  // empty while it lies on disk
    std::uint64_t bytes = 0;
    long offset = -1;  // in the file; −1 in memory
    std::uint64_t stored_bytes = 0;
    std::list<Key>::iterator used;
  };

  State get(const Key& key);
  State take(const Key& key);
  void put(const Key& key, State state);
  void touch(const Key& key, Entry& entry);
  void spill_down_to(std::uint64_t most);
  void spill(Entry& entry);
  State load(const Entry& entry) const;
  void release(Entry& entry);

  std::uint64_t memory_;
  std::filesystem::path folder_;
  std::map<Key, Entry> entries_;
  std::list<Key> recently_used_;  // the latest first; those in memory
  std::uint64_t in_memory_ = 0;
  std::uint64_t on_disk_ = 0;
  std::FILE* file_ = nullptr;
  long file_end_ = 0;
  std::multimap<std::uint64_t, long> holes_;  // by size
};

}  // namespace brume::client

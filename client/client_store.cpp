#include "client/client_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "brume/error.hpp"
#include "messages/describe.hpp"

namespace brume::client {

namespace {

std::FILE* unnamed_file(const std::filesystem::path& folder) {
  std::string path = (folder / "brume-states-XXXXXX").string();
  const int file = ::mkostemp(path.data(), O_CLOEXEC);
  if (file < 0)
    throw Error("cannot make a file for devices' states in " + folder.string() + ": " + std::strerror(errno));
  ::unlink(path.c_str());
  return ::fdopen(file, "w+b");
}

}  // namespace

ClientStore::ClientStore(std::uint64_t memory, std::filesystem::path spill)
    : memory_(memory), folder_(spill.empty() ? std::filesystem::temp_directory_path() : std::move(spill)) {}

ClientStore::~ClientStore() {
  if (file_) std::fclose(file_);
}

void ClientStore::put_back_codec_state(DeviceIndex device, State stock) {
  if (stock.empty()) return;
  State whole = take_codec_state(device);
  whole.add_integers(std::move(stock));
  put({device, {}, Kind::codec}, std::move(whole));
}

void ClientStore::stage(const TaskId& task, StagedState staged) {
  put({task.device, task, Kind::algorithm, true}, std::move(staged.algorithm));
  put({task.device, task, Kind::codec, true}, std::move(staged.codec));
}

StagedState ClientStore::take_staged(const TaskId& task) {
  return {take({task.device, task, Kind::algorithm, true}), take({task.device, task, Kind::codec, true})};
}

State ClientStore::algorithm_state_after(const TaskId& task) {
  State staged = get({task.device, task, Kind::algorithm, true});
  return staged.empty() ? algorithm_state(task.device) : staged;
}

// ---- Entries ------------------------------------------------------------------------------------------------------

void ClientStore::touch(const Key& key, Entry& entry) {
  recently_used_.push_front(key);
  entry.used = recently_used_.begin();
  in_memory_ += entry.bytes;
}

// Takes an entry's state off the books, wherever it lies.
void ClientStore::release(Entry& entry) {
  if (entry.offset < 0) {
    recently_used_.erase(entry.used);
    in_memory_ -= entry.bytes;
    return;
  }
  holes_.emplace(entry.stored_bytes, entry.offset);
  on_disk_ -= entry.stored_bytes;
  entry.offset = -1;
}

State ClientStore::get(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  auto& entry = found->second;
  if (entry.offset >= 0) {
    State state = load(entry);
    release(entry);
    entry.state = std::move(state);
  } else {
    recently_used_.erase(entry.used);
    in_memory_ -= entry.bytes;
  }
  touch(key, entry);
  State copy = entry.state;
  spill_down_to(memory_);
  return copy;
}

State ClientStore::take(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  State state = found->second.offset >= 0 ? load(found->second) : std::move(found->second.state);
  release(found->second);
  entries_.erase(found);
  return state;
}

void ClientStore::put(const Key& key, State state) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    release(found->second);
    entries_.erase(found);
  }
  if (state.empty()) return;
  auto& entry = entries_[key];
  entry.bytes = state.bytes();
  entry.state = std::move(state);
  touch(key, entry);
  spill_down_to(memory_);
}

// ---- The file -----------------------------------------------------------------------------------------------------

void ClientStore::spill_down_to(std::uint64_t most) {
  while (in_memory_ > most && !recently_used_.empty()) spill(entries_.at(recently_used_.back()));
}

void ClientStore::spill(Entry& entry) {
  if (!file_) file_ = unnamed_file(folder_);
  const auto bytes = archived(entry.state);
  long offset = file_end_;
  const auto hole = holes_.find(bytes.size());  // states of one model have one size
  if (hole != holes_.end()) offset = hole->second;
  if (std::fseek(file_, offset, SEEK_SET) != 0 || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size() ||
      std::fflush(file_) != 0)
    throw Error("cannot write devices' states to " + folder_.string() + ": " + std::strerror(errno));
  if (hole != holes_.end()) {
    holes_.erase(hole);
  } else {
    file_end_ += static_cast<long>(bytes.size());
  }
  release(entry);
  entry.state = {};
  entry.offset = offset;
  entry.stored_bytes = bytes.size();
  on_disk_ += bytes.size();
}

State ClientStore::load(const Entry& entry) const {
  Bytes bytes(entry.stored_bytes);
  if (std::fseek(file_, entry.offset, SEEK_SET) != 0 ||
      std::fread(bytes.data(), 1, bytes.size(), file_) != bytes.size())
    throw Error("cannot read devices' states back from " + folder_.string());
  State state;
  ArchiveReader reader(bytes);
  reader(state);
  return state;
}

template <class Archive>
void ClientStore::Key::describe(Archive& archive) {
  archive(device, task, kind, staged);
}

// Everything, wherever it lies; the order of use is not part of it.
template <class Archive>
void ClientStore::describe(Archive& archive) {
  std::uint64_t count = entries_.size();
  archive(count);
  if constexpr (Archive::kReading) {
    for (; count > 0; --count) {
      Key key;
      State state;
      archive(key, state);
      put(key, std::move(state));
    }
  } else {
    for (auto& [key, entry] : entries_) archive(key, entry.offset >= 0 ? load(entry) : entry.state);
  }
}
template void ClientStore::describe(ArchiveWriter& archive);
template void ClientStore::describe(ArchiveReader& archive);

}  // namespace brume::client

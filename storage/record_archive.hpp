#pragma once

#include "messages/describe.hpp"

// A role's records in an archive (core/archive.hpp).
namespace brume {

template <class Archive>
void describe(Archive& archive, Route& route) {
  archive(route.device, route.child);
}
template <class Archive>
void describe(Archive& archive, OpenedRecord& record) {
  archive(record.asked, record.routes, record.opened);
}
template <class Archive>
void describe(Archive& archive, UpdateRecord& record) {
  archive(record.update);
}
template <class Archive>
void describe(Archive& archive, AnsweredRecord& record) {
  archive(record.task, record.status, record.problem);
}
template <class Archive>
void describe(Archive& archive, PartialRecord& record) {
  archive(record.partial);
}
template <class Archive>
void describe(Archive& archive, PartRecord& record) {
  archive(record.part);
}
template <class Archive>
void describe(Archive& archive, CommitRecord& record) {
  archive(record.version, record.model, record.server_state, record.closed, record.report, record.receipts);
}
template <class Archive>
void describe(Archive& archive, SettledRecord& record) {
  archive(record.task, record.outcome);
}
template <class Archive>
void describe(Archive& archive, StockRecord& record) {
  archive(record.task, record.taken);
}
template <class Archive>
void describe(Archive& archive, TrainedRecord& record) {
  archive(record.task, record.answer, record.staged);
}
template <class Archive>
void describe(Archive& archive, SnapshotRecord& record) {
  archive(record.bytes);
}

/// Throws FormatError for bytes that are not one T and nothing else.
template <class T>
T unarchived(std::span<const std::byte> bytes) {
  T value;
  ArchiveReader reader(bytes);
  reader(value);
  if (reader.left() != 0) throw FormatError("bytes follow an entry of the state folder");
  return value;
}

}  // namespace brume

#pragma once

#include "core/archive.hpp"
#include "messages/records.hpp"

// Messages, and what roles keep of records, in an archive (core/archive.hpp): every field, each once.
namespace brume {

template <class Archive>
void describe(Archive& archive, TaskId& task) {
  archive(task.version, task.device, task.attempt);
}
template <class Archive>
void describe(Archive& archive, NodeId& node) {
  archive(node.role, node.index);
}
template <class Archive>
void describe(Archive& archive, Receipt& receipt) {
  archive(receipt.device, receipt.weight, receipt.loss, receipt.milliseconds, receipt.child, receipt.attempt,
          receipt.status, receipt.acknowledged);
}
template <class Archive>
void describe(Archive& archive, NamedScalar& scalar) {
  archive(scalar.name, scalar.value);
}
template <class Archive>
void describe(Archive& archive, NamedVector& vector) {
  archive(vector.name, vector.layout, vector.values);
}
template <class Archive>
void describe(Archive& archive, EncodedVector& vector) {
  archive(vector.name, vector.frame);
}
template <class Archive>
void describe(Archive& archive, TaskSet& tasks) {
  archive(tasks.version, tasks.attempt, tasks.deadline, tasks.most_contributions, tasks.counts, tasks.devices);
}
template <class Archive>
void describe(Archive& archive, RankWindow& window) {
  archive(window.first, window.last);
}
template <class Archive>
void describe(Archive& archive, InviteMessage& message) {
  archive(message.version, message.window);
}
template <class Archive>
void describe(Archive& archive, TaskMessage& message) {
  archive(message.task, message.deadline, message.model, message.broadcast, message.oldest_open);
}
template <class Archive>
void describe(Archive& archive, AssignMessage& message) {
  archive(message.tasks, message.model, message.broadcast, message.oldest_open);
}
template <class Archive>
void describe(Archive& archive, CloseMessage& message) {
  archive(message.version, message.part, message.last);
}
template <class Archive>
void describe(Archive& archive, StoredMessage& message) {
  archive(message.task);
}
template <class Archive>
void describe(Archive& archive, SettledMessage& message) {
  archive(message.task, message.outcome);
}
template <class Archive>
void describe(Archive& archive, OfferMessage& message) {
  archive(message.version, message.window, message.ranks);
}
template <class Archive>
void describe(Archive& archive, UpdateMessage& message) {
  archive(message.task, message.vectors, message.scalars, message.weight, message.loss, message.samples,
          message.duration);
}
template <class Archive>
void describe(Archive& archive, FailedMessage& message) {
  archive(message.task, message.reason);
}
template <class Archive>
void describe(Archive& archive, CountMessage& message) {
  archive(message.version, message.folded);
}
template <class Archive>
void describe(Archive& archive, PartialMessage& message) {
  archive(message.task, message.last, message.receipts, message.aggregate, message.problem);
}
template <class Archive>
void describe(Archive& archive, AcknowledgedMessage& message) {
  archive(message.task);
}
template <class Archive>
void describe(Archive& archive, RepeatMessage& message) {
  archive(message.task);
}
template <class Archive>
void describe(Archive& archive, ModelMessage& message) {
  archive(message.version, message.model);
}
/// Without the others: in a report they are among its scalars, elsewhere they are named beside the metrics.
template <class Archive>
void describe(Archive& archive, Metrics& metrics) {
  archive(metrics.loss, metrics.accuracy, metrics.class_accuracy, metrics.examples);
}
template <class Archive>
void describe(Archive& archive, DeviceMetrics& metrics) {
  archive(metrics.devices, metrics.loss, metrics.accuracy, metrics.worst_decile, metrics.deciles);
}
template <class Archive>
void describe(Archive& archive, RoundReport& report) {
  archive(report.round, report.opened, report.closed, report.cohort, report.included, report.late, report.refused,
          report.failed, report.training_loss, report.scalars, report.metrics, report.first_problem);
}
template <class Archive>
void describe(Archive& archive, StagedState& staged) {
  archive(staged.algorithm, staged.codec);
}

}  // namespace brume

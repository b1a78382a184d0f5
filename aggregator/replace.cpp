// How an operator's model takes the place of the present one.
#include <algorithm>
#include <utility>

#include "aggregator/aggregator.hpp"
#include "brume/error.hpp"

namespace brume::aggregator {

void Aggregator::on_replace(const Replace& replacement, Time now, Actions& actions) {
  if (replacement.model->layout().digest() != model_->layout().digest())
    throw FormatError("a model of another layout cannot take this one's place");
  replacement_ = replacement;
  const bool between = replacement.at_once || !subtree_.is_open(version_);
  if (!ending_ && between && may_replace()) replace_model(now, actions);
}

Version Aggregator::version_after_replacement() const { return std::max(version_ + 1, replacement_->at_least); }

// What is open when the last round is over would stay open: it comes after that.
bool Aggregator::may_replace() const {
  return replacement_->at_once || subtree_.versions().empty() || version_after_replacement() < setup_.rounds;
}

// A step without updates. The server's optimiser begins anew, as what it has gathered belongs to the other model,
// unless devices keep the other half of it.
void Aggregator::replace_model(Time now, Actions& actions) {
  gathering_.reset();
  version_ = version_after_replacement();
  const auto replacement = *std::exchange(replacement_, std::nullopt);
  model_ = replacement.model;
  if (setup_.algorithm->client_state(model_->layout_pointer()).empty()) state_ = {};
  RoundReport report;
  report.round = version_;
  report.opened = report.closed = now;
  report.scalars = {{std::string(kImported), 1}};
  const Token committed = tokens_.next();
  CommitRecord record{version_, model_, state_, {}, {}};
  if (replacement.at_once) record.closed = subtree_.versions();
  Actions verdicts;
  record.receipts = abandon(record.closed, committed, verdicts);
  for (const auto& [version, receipts] : record.receipts) report.late += receipts.size();
  record.report = report;
  ending_ = std::move(report);
  overdue_.clear();
  actions.emplace_back(Persist{committed, std::move(record)});
  actions.insert(actions.end(), std::make_move_iterator(verdicts.begin()), std::make_move_iterator(verdicts.end()));
  finish_commit(now, actions);
}

// None of what has been folded is in any model.
std::vector<std::pair<Version, std::vector<Receipt>>> Aggregator::abandon(const std::vector<Version>& versions,
                                                                          std::optional<Token> after,
                                                                          Actions& actions) {
  std::vector<std::pair<Version, std::vector<Receipt>>> all;
  for (const auto version : versions) {
    auto taken = subtree_.take(version, true);
    for (auto& receipt : taken.receipts)
      if (receipt.status == Status::folded) receipt.status = Status::late;
    subtree_.settle(version, std::move(taken.owed), Outcome::late, after, actions);
    all.emplace_back(version, std::move(taken.receipts));
  }
  return all;
}

}  // namespace brume::aggregator

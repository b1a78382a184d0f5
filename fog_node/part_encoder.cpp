#include "fog_node/part_encoder.hpp"

#include <utility>

#include "brume/error.hpp"

namespace brume::fog_node {

PartEncoder::PartEncoder(Setup setup) : setup_(std::move(setup)), vectors_(setup_.algorithm->vectors(setup_.layout)) {}

Frame PartEncoder::encode(Aggregate& sum, const Stream& stream, Staged& staged, std::string& problem) {
  if (!setup_.error_feedback) return sum.encode(setup_.codec.get(), stream);
  auto& sums = dynamic_cast<WeightedSums&>(sum);
  take_stock(sums, staged);
  auto frame = sums.encode(setup_.codec.get(), stream);
  staged.leaves = left_by(frame, sums);
  if (problem.empty()) problem = std::exchange(problem_, "");
  return frame;
}

void PartEncoder::restore(Aggregate& sum, const Frame& frame, Staged& staged) {
  if (!setup_.error_feedback) return;
  auto& sums = dynamic_cast<WeightedSums&>(sum);
  take_stock(sums, staged);
  staged.leaves = left_by(frame, sums);
  problem_.clear();  // told then
}

// A stock that goes out of range is given up: training diverges.
void PartEncoder::take_stock(WeightedSums& sums, Staged& staged) {
  staged.took = std::exchange(stock_, {});
  try {
    staged.took.carry_into(sums, vectors_);
  } catch (const FormatError& error) {
    staged.took = {};
    problem_ = error.what();
  }
}

// Nothing of a frame that its parent will refuse, as this node would: a quantiser may go beyond what sums can hold.
LeftOut PartEncoder::left_by(const Frame& frame, const WeightedSums& wanted) {
  const auto sent = setup_.algorithm->aggregate(setup_.layout, wanted.sum(vectors_.front().name).format());
  try {
    sent->decode(*frame, setup_.codec.get());
  } catch (const FormatError& error) {
    problem_ = error.what();
    return {};
  }
  return {wanted, dynamic_cast<const WeightedSums&>(*sent), vectors_};
}

void PartEncoder::settle(const Staged& staged, Outcome outcome) {
  try {
    stock_.add(outcome == Outcome::included ? staged.leaves : staged.took);
  } catch (const FormatError& error) {
    stock_ = {};
    problem_ = error.what();
  }
}

}  // namespace brume::fog_node

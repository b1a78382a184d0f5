#include "fog_node/part_encoder.hpp"

#include <utility>

#include "brume/error.hpp"

namespace brume::fog_node {

PartEncoder::PartEncoder(Setup setup) : setup_(std::move(setup)), vectors_(setup_.algorithm->vectors(setup_.layout)) {}

Frame PartEncoder::encode(Aggregate& sum, const Stream& stream, Staged& staged, std::string& problem) {
  if (!setup_.error_feedback) return sum.encode(setup_.codec.get(), stream);
  auto& sums = dynamic_cast<WeightedSums&>(sum);
  take_stock(sums, staged, problem);
  auto frame = sums.encode(setup_.codec.get(), stream);
  staged.leaves = left_by(frame, sums);
  return frame;
}

void PartEncoder::restore(Aggregate& sum, const Frame& frame, Staged& staged) {
  if (!setup_.error_feedback) return;
  auto& sums = dynamic_cast<WeightedSums&>(sum);
  std::string told_then;
  take_stock(sums, staged, told_then);
  staged.leaves = left_by(frame, sums);
}

void PartEncoder::take_stock(WeightedSums& sums, Staged& staged, std::string& problem) {
  staged.took = std::exchange(stock_, {});
  try {
    staged.took.carry_into(sums, vectors_);
  } catch (const FormatError& error) {  // training diverges
    staged.took = {};
    problem = error.what();
  }
}

LeftOut PartEncoder::left_by(const Frame& frame, const WeightedSums& wanted) const {
  const auto sent = setup_.algorithm->aggregate(setup_.layout, wanted.sum(vectors_.front().name).format());
  sent->decode(*frame, setup_.codec.get());
  return {wanted, dynamic_cast<const WeightedSums&>(*sent), vectors_};
}

void PartEncoder::settle(const Staged& staged, Outcome outcome) {
  try {
    stock_.add(outcome == Outcome::included ? staged.leaves : staged.took);
  } catch (const FormatError&) {  // so large that nothing can be made of it any more
    stock_ = {};
  }
}

}  // namespace brume::fog_node

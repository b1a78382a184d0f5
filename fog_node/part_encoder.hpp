#pragma once

#include <memory>
#include <string>

#include "brume/algorithm.hpp"
#include "brume/task.hpp"
#include "fog_node/left_out.hpp"

namespace brume::fog_node {

/// Makes the frames of parts, and keeps what lossy ones leave out, if their codec needs it: a stock of which a part
/// takes all. Once the part is settled, what comes back is what it leaves, or, unless it was included, what it took.
class PartEncoder {
 public:
  struct Setup {
    std::shared_ptr<const Algorithm> algorithm;
    LayoutPointer layout;
    std::shared_ptr<const Codec> codec;  ///< null: exact
    bool error_feedback = false;         ///< the algorithm's aggregates are WeightedSums, then
  };
  explicit PartEncoder(Setup setup);

  /// Of one part, while it is on its way.
  struct Staged {
    LeftOut took;
    LeftOut leaves;
    template <class Archive>
    void describe(Archive& archive) {
      archive(took, leaves);
    }
  };

  /// `sum` gets the stock too. If that goes out of range the stock is given up, and `problem`, unless there is one,
  /// says so.
  Frame encode(Aggregate& sum, const Stream& stream, Staged& staged, std::string& problem);
  /// The same of a part whose frame was made before a restart.
  void restore(Aggregate& sum, const Frame& frame, Staged& staged);
  void settle(const Staged& staged, Outcome outcome);

  template <class Archive>
  void describe(Archive& archive) {
    archive(stock_, problem_);
  }

 private:
  void take_stock(WeightedSums& sums, Staged& staged);
  LeftOut left_by(const Frame& frame, const WeightedSums& wanted);

  Setup setup_;
  std::vector<VectorSpec> vectors_;
  LeftOut stock_;
  std::string problem_;  // that the next part tells of
};

}  // namespace brume::fog_node

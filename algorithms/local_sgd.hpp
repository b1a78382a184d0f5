#pragma once

#include "brume/local_program.hpp"

namespace brume::algorithms {

/// The default program: steps of the configured optimiser over shuffled batches, each gradient changed by `correction`
/// if there is one. Uploads the model's change as "delta". Throws Error when the loss is no longer finite.
class LocalSgd final : public LocalProgram {
 public:
  explicit LocalSgd(const LocalCorrection* correction = nullptr) : correction_(correction) {}
  Update run(LocalContext& context) const override;

 private:
  const LocalCorrection* correction_;
};

}  // namespace brume::algorithms

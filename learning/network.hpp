#pragma once

#include <memory>
#include <span>

#include "brume/layout.hpp"
#include "brume/model.hpp"
#include "brume/random.hpp"
#include "learning/objective.hpp"

namespace brume::learning {

/// A model that runs, forwards and backwards. Parameters are all tensors of its layout, one after the other; gradients
/// those of its trainable ones. One thread at a time; each worker has its own.
class Network {
 public:
  virtual ~Network() = default;

  /// The mean loss over the batch as in training; writes its gradient at `parameters` to `gradient`. `random` is drawn
  /// from where the model has dropout.
  virtual double gradient(std::span<const float> parameters, const BatchView& batch, std::span<float> gradient,
                          Stream random) = 0;
  /// The same, and moves the buffers among `parameters`.
  virtual double training_gradient(std::span<float> parameters, const BatchView& batch, std::span<float> gradient,
                                   Stream random) = 0;
  /// What the model puts out for each example as it is used, count × outputs: log-probabilities of a classification.
  /// Valid until the next call.
  virtual std::span<const float> outputs(std::span<const float> parameters, const BatchView& batch) = 0;

  /// Mean loss of outputs().
  double loss(std::span<const float> parameters, const BatchView& batch) {
    return objective_.mean_loss(outputs(parameters, batch), batch);
  }
  const Objective& objective() const { return objective_; }

 protected:
  explicit Network(const Objective& objective) : objective_(objective) {}

 private:
  Objective objective_;
};

/// A network for a model of layers or of TorchScript. Throws RequestError for any other.
std::unique_ptr<Network> make_network(const Model& model, const DataShape& shape, const LossFunction& loss);

}  // namespace brume::learning

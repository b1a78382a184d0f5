#include "learning/network.hpp"

#include "brume/error.hpp"
#include "learning/layered_network.hpp"
#include "learning/models/torchscript.hpp"

namespace brume::learning {

std::unique_ptr<Network> make_network(const Model& model, const DataShape& shape, const LossFunction& loss) {
  if (const auto* layered = dynamic_cast<const LayeredModel*>(&model))
    return std::make_unique<LayeredNetwork>(layered->layers(shape), shape, layered->facts(shape).layout, loss);
  if (const auto* script = dynamic_cast<const TorchScript*>(&model)) return script->module().network(shape, loss);
  throw RequestError("this build trains models made of layers and of TorchScript alone");
}

}  // namespace brume::learning

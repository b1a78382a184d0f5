#pragma once

#include <cstdint>
#include <string>

#include "federation/assembly.hpp"

namespace brume::federation {

/// Bytes that one task needs on a device at a time, without its data set and its libraries.
struct DeviceMemory {
  double weights = 0;    ///< the model as received and as trained
  double gradients = 0;  ///< and the update that becomes of them
  double optimizer = 0;
  double activations = 0;  ///< of a batch, forwards and backwards
  double state = 0;        ///< of algorithm and codec
  double frame = 0;        ///< the encoded update

  double total() const { return weights + gradients + optimizer + activations + state + frame; }
  std::string text() const;  ///< "12 kB: 2 kB of weights, …"
};

DeviceMemory device_memory(const Assembly& assembly);

}  // namespace brume::federation

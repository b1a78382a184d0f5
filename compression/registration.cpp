#include "compression/registration.hpp"

#include "compression/none.hpp"
#include "compression/quantize.hpp"

namespace brume::compression {

void register_codecs(Registry& registry) {
  registry.add<None>("none", "float32 as it is", "–");
  registry.add<Quantize>("quantize", "1 to 16 bits, stochastic rounding, power-of-two scales",
                         "Alistarh et al., QSGD, NeurIPS 2017, §3.1");
}

}  // namespace brume::compression

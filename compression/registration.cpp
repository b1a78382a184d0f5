#include "compression/registration.hpp"

#include "compression/exact.hpp"
#include "compression/none.hpp"
#include "compression/quantize.hpp"
#include "compression/top_k.hpp"

namespace brume::compression {

void register_codecs(Registry& registry) {
  registry.add<Exact>("exact", "lossless packing of partial sums; in fog_uplink only", "–");
  registry.add<None>("none", "float32 as it is", "–");
  registry.add<Quantize>("quantize", "1 to 16 bits, stochastic rounding, power-of-two scales",
                         "Alistarh et al., QSGD, NeurIPS 2017, §3.1");
  registry.add<TopK>("top_k", "the largest elements of each block; the rest stays in the error feedback",
                     "Stich et al., Sparsified SGD with memory, NeurIPS 2018, definition 2.2");
}

}  // namespace brume::compression

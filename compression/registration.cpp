#include "compression/registration.hpp"

#include "compression/codebook.hpp"
#include "compression/dither.hpp"
#include "compression/ecsq.hpp"
#include "compression/eden.hpp"
#include "compression/entropy.hpp"
#include "compression/exact.hpp"
#include "compression/global_top_k.hpp"
#include "compression/half.hpp"
#include "compression/none.hpp"
#include "compression/powersgd.hpp"
#include "compression/qsgd.hpp"
#include "compression/quantize.hpp"
#include "compression/random_k.hpp"
#include "compression/sign.hpp"
#include "compression/stc.hpp"
#include "compression/tcq.hpp"
#include "compression/terngrad.hpp"
#include "compression/top_k.hpp"

namespace brume::compression {

void register_codecs(Registry& registry) {
  registry.add<Codebook>("codebook", "values shared by k-means, 2 to 256 a block",
                         "Han et al., Deep compression, ICLR 2016, §3");
  registry.add<Dither>("dither", "subtractive dither: an error that does not depend on the value",
                       "Shlezinger et al., UVeQFed, IEEE TSP 2021, §III");
  registry.add<Ecsq>("ecsq", "scalar quantisation with a zone around zero; before entropy", "Sullivan, IEEE TIT 1996");
  registry.add<Eden>("eden", "1 to 4 bits behind a random rotation; unbiased or with the least error",
                     "Vargaftik et al., EDEN, ICML 2022, algorithm 1; DRIVE, NeurIPS 2021");
  registry.add<Entropy>("entropy", "codes symbols or floats and their scales without loss, by interleaved rANS; last",
                        "Duda, arXiv 1311.2540");
  registry.add<GlobalTopK>("global_top_k", "the largest elements of the whole vector or of each tensor; first",
                           "Lin et al., Deep gradient compression, ICLR 2018, §3");
  registry.add<Half>("half", "fp16 or bf16, rounded to the nearest or stochastically", "IEEE 754-2019, §3.6");
  registry.add<PowerSgd>("powersgd", "matrices as products of two thin ones; first",
                         "Vogels et al., PowerSGD, NeurIPS 2019, algorithm 1");
  registry.add<Qsgd>("qsgd", "levels of a bucket's norm, stochastic rounding",
                     "Alistarh et al., QSGD, NeurIPS 2017, §3.1");
  registry.add<RandomK>("random_k", "random elements by a shared seed, no positions; unbiased",
                        "Konečný et al., arXiv 1610.05492, §3");
  registry.add<Sign>("sign", "signs and a mean magnitude; the rest stays in the error feedback",
                     "Karimireddy et al., EF-signSGD, ICML 2019, algorithm 1");
  registry.add<Stc>("stc", "the largest elements as plus or minus their mean, gaps Golomb coded",
                    "Sattler et al., Sparse ternary compression, IEEE TNNLS 2019");
  registry.add<Tcq>("tcq", "trellis-coded quantisation, eight states, rate–distortion optimised; before entropy",
                    "Fischer and Wang, IEEE TIT 1992; ISO/IEC 15938-17");
  registry.add<TernGrad>("terngrad", "−s, 0 or s at random, s a block's largest magnitude after clipping",
                         "Wen et al., TernGrad, NeurIPS 2017");
  registry.add<Exact>("exact", "lossless packing of partial sums; in fog_uplink only", "–");
  registry.add<None>("none", "float32 as it is", "–");
  registry.add<Quantize>("quantize", "1 to 16 bits, stochastic rounding, power-of-two scales",
                         "Alistarh et al., QSGD, NeurIPS 2017, §3.1");
  registry.add<TopK>("top_k", "the largest elements of each block; the rest stays in the error feedback",
                     "Stich et al., Sparsified SGD with memory, NeurIPS 2018, definition 2.2");
}

}  // namespace brume::compression

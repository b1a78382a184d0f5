#include "algorithms/registration.hpp"

#include "algorithms/fedadam.hpp"
#include "algorithms/fedavg.hpp"
#include "algorithms/fedavgm.hpp"
#include "algorithms/fedprox.hpp"
#include "algorithms/sgd.hpp"
#include "algorithms/uniform_selection.hpp"

namespace brume::algorithms {

void register_algorithms(Registry& registry) {
  registry.add<FedAvg>("fedavg", "mean of the devices' updates", "McMahan et al., AISTATS 2017, algorithm 1");
  registry.add<FedAvgM>("fedavgm", "FedAvg with server momentum", "Hsu et al. 2019, arXiv 1909.06335, §4");
  registry.add<FedProx>("fedprox", "FedAvg with a proximal term on devices",
                        "Li et al., MLSys 2020, arXiv 1812.06127, algorithm 2");
  registry.add<FedAdam>("fedadam", "Adam on the server", "Reddi et al., ICLR 2021, arXiv 2003.00295, algorithm 2");
  registry.add<UniformSelection>("uniform", "every available device is equally likely",
                                 "McMahan et al., AISTATS 2017, algorithm 1");
  registry.add<Sgd>("sgd", "stochastic gradient descent with momentum, decay and clipping",
                    "Sutskever et al., ICML 2013");
}

}  // namespace brume::algorithms

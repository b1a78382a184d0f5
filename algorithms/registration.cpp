#include "algorithms/registration.hpp"

#include "algorithms/adam.hpp"
#include "algorithms/adamw.hpp"
#include "algorithms/afl.hpp"
#include "algorithms/apfl.hpp"
#include "algorithms/centralised.hpp"
#include "algorithms/ditto.hpp"
#include "algorithms/fedadagrad.hpp"
#include "algorithms/fedadam.hpp"
#include "algorithms/fedavg.hpp"
#include "algorithms/fedavgm.hpp"
#include "algorithms/fedbn.hpp"
#include "algorithms/feddyn.hpp"
#include "algorithms/fedexp.hpp"
#include "algorithms/fednova.hpp"
#include "algorithms/fedper.hpp"
#include "algorithms/fedprox.hpp"
#include "algorithms/fedrep.hpp"
#include "algorithms/fedsgd.hpp"
#include "algorithms/fedyogi.hpp"
#include "algorithms/fetchsgd.hpp"
#include "algorithms/hierfavg.hpp"
#include "algorithms/local_only.hpp"
#include "algorithms/mifa.hpp"
#include "algorithms/mimelite.hpp"
#include "algorithms/perfedavg.hpp"
#include "algorithms/qfedavg.hpp"
#include "algorithms/scaffold.hpp"
#include "algorithms/schedules.hpp"
#include "algorithms/sgd.hpp"
#include "algorithms/signsgd.hpp"
#include "algorithms/uniform_selection.hpp"

namespace brume::algorithms {

namespace {

void register_shared_models(Registry& registry) {
  registry.add<FedSgd>("fedsgd", "one step along the mean of the devices' gradients",
                       "McMahan et al., AISTATS 2017, §2");
  registry.add<FedAvg>("fedavg", "mean of the devices' updates", "McMahan et al., AISTATS 2017, algorithm 1");
  registry.add<FedAvgM>("fedavgm", "FedAvg with server momentum", "Hsu et al. 2019, arXiv 1909.06335, §4");
  registry.add<FedProx>("fedprox", "FedAvg with a proximal term on devices",
                        "Li et al., MLSys 2020, arXiv 1812.06127, algorithm 2");
  registry.add<FedAdam>("fedadam", "Adam on the server", "Reddi et al., ICLR 2021, arXiv 2003.00295, algorithm 2");
  registry.add<FedYogi>("fedyogi", "Yogi on the server", "Reddi et al., ICLR 2021, arXiv 2003.00295, algorithm 2");
  registry.add<FedAdagrad>("fedadagrad", "Adagrad on the server",
                           "Reddi et al., ICLR 2021, arXiv 2003.00295, algorithm 2");
  registry.add<FedNova>("fednova", "FedAvg for devices that make different numbers of steps",
                        "Wang et al., NeurIPS 2020, arXiv 2007.07481, §5");
  registry.add<Scaffold>("scaffold", "control variates against the drift of devices",
                         "Karimireddy et al., ICML 2020, arXiv 1910.06378, algorithm 1");
  registry.add<FedDyn>("feddyn", "a dynamic regulariser that aligns the devices' optima with the federation's",
                       "Acar et al., ICLR 2021, arXiv 2111.04263, algorithm 1");
  registry.add<MimeLite>("mimelite", "the server's momentum in each local step",
                         "Karimireddy et al., NeurIPS 2021, arXiv 2008.03606, algorithm 1");
  registry.add<FedExp>("fedexp", "FedAvg whose server step follows from the updates",
                       "Jhunjhunwala et al., ICLR 2023, arXiv 2301.09604, algorithm 1");
  registry.add<QFedAvg>("qfedavg", "devices with larger losses count for more",
                        "Li et al., ICLR 2020, arXiv 1905.10497, algorithm 2");
  registry.add<Afl>("afl", "the model for the worst mixture of devices", "Mohri et al., ICML 2019, arXiv 1902.00146");
  registry.add<Mifa>("mifa", "the mean of every device's latest update, old or new",
                     "Gu et al., NeurIPS 2021, arXiv 2106.04159, algorithm 1");
  registry.add<SignSgd>("signsgd", "each element moves as the majority of devices votes",
                        "Bernstein et al., ICLR 2019, arXiv 1810.05291, algorithm 1");
  registry.add<FetchSgd>("fetchsgd", "devices send sketches, the server keeps momentum and error in them",
                         "Rothchild et al., ICML 2020, arXiv 2007.07682, algorithm 1");
  registry.add<HierFavg>("hierfavg", "FedAvg in which fog nodes run rounds of their own",
                         "Liu et al., ICC 2020, arXiv 1905.06641, algorithm 1");
}

void register_personal_models(Registry& registry) {
  registry.add<FedBn>("fedbn", "normalisation layers stay on the devices", "Li et al., ICLR 2021, arXiv 2102.07623");
  registry.add<FedPer>("fedper", "the last layers stay on the devices", "Arivazhagan et al. 2019, arXiv 1912.00818");
  registry.add<FedRep>("fedrep", "a head for each device on a shared body",
                       "Collins et al., ICML 2021, arXiv 2102.07078, algorithm 1");
  registry.add<Ditto>("ditto", "a model of its own for each device, drawn to the shared one",
                      "Li et al., ICML 2021, arXiv 2012.04221, algorithm 1");
  registry.add<PerFedAvg>("perfedavg", "a model that one step adapts to a device",
                          "Fallah et al., NeurIPS 2020, arXiv 2002.07948, algorithm 1");
  registry.add<Apfl>("apfl", "a mixture of the shared and a device's own model",
                     "Deng et al. 2020, arXiv 2003.13461, algorithm 1");
}

void register_baselines(Registry& registry) {
  registry.add<LocalOnly>("local_only", "a baseline: devices that share nothing", "–");
  registry.add<Centralised>("centralised", "a baseline: one device that has everybody's examples", "–");
}

void register_training(Registry& registry) {
  registry.add<Sgd>("sgd", "stochastic gradient descent with momentum, decay and clipping",
                    "Sutskever et al., ICML 2013");
  registry.add<Adam>("adam", "adaptive moments", "Kingma and Ba, ICLR 2015, arXiv 1412.6980, algorithm 1");
  registry.add<AdamW>("adamw", "Adam with decoupled weight decay",
                      "Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101, algorithm 2");
  registry.add<ConstantSchedule>("constant", "the same learning rate in every round", "–");
  registry.add<StepSchedule>("step", "falls by a factor every so many rounds", "–");
  registry.add<ExponentialSchedule>("exponential", "falls by a factor each round", "–");
  registry.add<CosineSchedule>("cosine", "half a cosine to a floor",
                               "Loshchilov and Hutter, ICLR 2017, arXiv 1608.03983, equation 5");
}

}  // namespace

void register_algorithms(Registry& registry) {
  register_shared_models(registry);
  register_personal_models(registry);
  register_baselines(registry);
  registry.add<UniformSelection>("uniform", "every available device is equally likely",
                                 "McMahan et al., AISTATS 2017, algorithm 1");
  register_training(registry);
}

}  // namespace brume::algorithms

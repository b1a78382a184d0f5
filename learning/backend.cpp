#include "learning/backend.hpp"

#include "brume/error.hpp"
#include "core/pooled_trainer.hpp"
#include "learning/data/cifar.hpp"
#include "learning/data/csv.hpp"
#include "learning/data/idx.hpp"
#include "learning/data/synthetic.hpp"
#include "learning/data/text.hpp"
#include "learning/data/wav.hpp"
#include "learning/models/image_models.hpp"
#include "learning/models/models.hpp"
#include "learning/models/sequence_models.hpp"
#include "learning/models/torchscript.hpp"
#include "learning/partitions/partitions.hpp"
#include "learning/pooled_evaluator.hpp"
#include "learning/torch_runtime.hpp"

namespace brume::learning {

namespace {

class TorchBackend final : public LearningBackend {
 public:
  Workers start(const TrainingSetup& setup) const override {
    auto pool = std::make_shared<WorkerPool>(setup.workers, use_one_thread_per_worker);
    auto benches = std::make_shared<Workbenches>();
    for (unsigned i = 0; i < setup.workers; ++i)
      benches->push_back(std::make_unique<Workbench>(make_network(*setup.model, setup.data->shape(), setup.plan.loss)));
    auto train = [setup, benches](const TrainingJob& job, unsigned worker) {
      return train_device(setup, job, *(*benches)[worker]);
    };
    return {std::make_shared<PooledTrainer>(pool, std::move(train)),
            std::make_shared<PooledEvaluator>(setup, pool, benches)};
  }
  LearningBuild build() const override { return torch_build(); }
};

}  // namespace

std::unique_ptr<LearningBackend> make_backend() { return std::make_unique<TorchBackend>(); }

void register_learning(Registry& registry) {
  registry.add<Logistic>("logistic", "multinomial logistic regression", "–");
  registry.add<Mlp>("mlp", "fully connected layers with ReLU", "–");
  registry.add<CnnSmall>("cnn_small", "two 5×5 convolutions (16, 32), 28,938 parameters on 28×28 images", "–");
  registry.add<LeNet5>("lenet5", "two convolutions and three linear layers, 61,706 parameters on 28×28 images",
                       "LeCun et al., Proc. IEEE 1998, §II.B");
  registry.add<CnnCifar>("cnn_cifar", "two 3×3 convolutions (32, 64), dropout, 1.6 million parameters on 32×32 images",
                         "Granqvist et al. 2024, arXiv 2404.06430");
  registry.add<ResNet8>("resnet8", "residual blocks, one a stage, 78 thousand parameters",
                        "Banbury et al. 2021, arXiv 2106.07597");
  registry.add<ResNet20>("resnet20", "residual blocks, three a stage, 0.27 million parameters",
                         "He et al. 2016, arXiv 1512.03385, §4.2");
  registry.add<DsCnn>("ds_cnn", "depthwise separable convolutions over spectrograms of spoken words",
                      "Zhang et al. 2017, arXiv 1711.07128, §3.4");
  registry.add<Cnn1d>("cnn1d", "two convolutions over time, for windows of sensor readings", "–");
  registry.add<Tcn>("tcn", "causal dilated convolutions over windows", "Bai et al. 2018, arXiv 1803.01271, §3");
  registry.add<GruModel>("gru", "gated recurrent units over symbols or windows", "Cho et al. 2014, arXiv 1406.1078");
  registry.add<LstmModel>("lstm", "long short-term memory over symbols or windows",
                          "Hochreiter and Schmidhuber, Neural Computation 1997");
  registry.add<Autoencoder>("autoencoder", "a narrow code between linear layers, for anomalies", "–");
  registry.add<TorchScript>("torchscript", "any model in a TorchScript file", "–");
  registry.add<FashionMnist>("fashion-mnist", "60,000 + 10,000 images of clothes, 10 classes",
                             "Xiao et al. 2017, arXiv 1708.07747; Debian's dataset-fashion-mnist");
  registry.add<IdxDataset>("idx", "images and labels in IDX files, gzipped or not", "LeCun et al., the MNIST database");
  registry.add<CsvDataset>("csv", "tables of classes, numbers or anomalies, windows over time", "RFC 4180");
  registry.add<CifarDataset>("cifar", "colour images, 10 or 100 classes", "Krizhevsky 2009; CIFAR binary files");
  registry.add<TextDataset>("text", "the next character of who speaks or writes", "McMahan et al., AISTATS 2017, §3");
  registry.add<WavDataset>("wav", "spoken words in WAV files, as log-mel features", "Warden 2018, arXiv 1804.03209");
  registry.add<SyntheticDataset>("synthetic", "synthetic(α, β), made for each device when needed",
                                 "Li et al., MLSys 2020, arXiv 1812.06127, §5.1");
  registry.add<IidPartition>("iid", "rows shuffled and dealt evenly", "McMahan et al., AISTATS 2017, §3");
  registry.add<DirichletPartition>("dirichlet", "each device's label mix drawn from Dir(α)",
                                   "Hsu et al. 2019, arXiv 1909.06335, §2");
  registry.add<ShardsPartition>("shards", "rows sorted by label, so many shards a device",
                                "McMahan et al., AISTATS 2017, §3");
  registry.add<QuantityPartition>("quantity", "numbers of rows by a log-normal or a Zipf law", "–");
  registry.add<RecordedPartition>("recorded", "labels and numbers as recorded of real clients",
                                  "Lai et al., ICML 2022, arXiv 2105.11367");
  registry.add<NaturalPartition>("natural", "by the data set's own devices", "Caldas et al. 2018, arXiv 1812.01097");
}

}  // namespace brume::learning

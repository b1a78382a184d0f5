#include "learning/data/cifar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "brume/error.hpp"
#include "learning/data/dealt_data.hpp"

namespace brume::learning {

namespace {

constexpr std::size_t kPixels = 3 * 32 * 32;

// A share of the images, drawn by the seed, goes to the tests.
PixelSet take_tests(PixelSet& train, double fraction, std::uint64_t seed) {
  std::vector<std::uint32_t> order(train.count());
  std::iota(order.begin(), order.end(), 0U);
  Stream(seed, Purpose::test_split).shuffle(std::span(order));
  const auto tests = static_cast<std::ptrdiff_t>(fraction * static_cast<double>(order.size()));
  std::sort(order.begin(), order.begin() + tests);
  std::sort(order.begin() + tests, order.end());
  const auto pick = [&](auto first, auto last) {
    PixelSet set{train.files, {}, {}};
    for (; first != last; ++first) {
      set.images.push_back(train.images[*first]);
      set.labels.push_back(train.labels[*first]);
    }
    return set;
  };
  auto test = pick(order.begin(), order.begin() + tests);
  train = pick(order.begin() + tests, order.end());
  return test;
}

}  // namespace

void CifarDataset::declare(Options& options) {
  options.path({"path", "folder of the files", true}, path_);
  options.texts({"train", "files of training images"}, train_);
  options.texts({"test", "files of test images; [] keeps some of the training images back"}, test_);
  options.number({"test_fraction", "how many, if there are no files of test images"}, test_fraction_,
                 Range::between(0, 0.9));
  options.integer({"label_bytes", "of an image: 1 for CIFAR-10, 2 for CIFAR-100"}, label_bytes_, Range::between(1, 2));
}

PixelSet CifarDataset::read(const std::filesystem::path& folder, const std::vector<std::string>& names) const {
  const auto labels = static_cast<std::size_t>(label_bytes_);
  const std::size_t record = labels + kPixels;
  PixelSet set;
  for (const auto& name : names) {
    const auto file = std::make_shared<const FileBytes>(folder / name);
    const auto bytes = file->bytes();
    if (bytes.empty() || bytes.size() % record != 0)
      throw RequestError(
          fmt::format("{} has {} bytes, which are no whole number of records of {}: it is truncated or "
                      "has another number of label_bytes than {}",
                      (folder / name).string(), bytes.size(), record, labels));
    set.files.push_back(file);
    for (std::size_t at = 0; at < bytes.size(); at += record) {
      set.labels.push_back(static_cast<std::int32_t>(bytes[at + labels - 1]));
      set.images.push_back(bytes.data() + at + labels);
    }
  }
  return set;
}

std::shared_ptr<const FederatedData> CifarDataset::federate(const DataRequest& request) const {
  const auto folder = request.base / path_;
  if (train_.empty()) throw RequestError("data set 'cifar' needs at least one file under 'train'");
  auto train = read(folder, train_);
  auto test = test_.empty() ? take_tests(train, test_fraction_, request.seed) : read(folder, test_);
  const std::vector<PixelScale> scale{{0.4914, 0.2470}, {0.4822, 0.2435}, {0.4465, 0.2616}};
  return deal(make_images(std::move(train), std::move(test), {3, 32, 32}, scale), request);
}

}  // namespace brume::learning

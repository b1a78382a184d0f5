#include "learning/data/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "brume/error.hpp"
#include "learning/data/dealt_data.hpp"
#include "learning/data/gzip.hpp"

namespace brume::learning {

namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 30;

struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;  // header included
  std::size_t first = 0;         // where the elements begin
};

std::uint32_t big_endian(const std::vector<std::byte>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}

// Header: two zero bytes, the type (8 = unsigned byte), the rank, then the extents, big-endian.
IdxArray read_idx(const std::filesystem::path& path, std::size_t rank) {
  IdxArray array;
  array.bytes = read_maybe_gzipped(path, kMostBytes);
  array.first = 4 + 4 * rank;
  if (array.bytes.size() < array.first || big_endian(array.bytes, 0) != (0x800U | rank))
    throw RequestError(fmt::format("{} is no IDX file of unsigned bytes with {} dimensions", path.string(), rank));
  std::size_t elements = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    array.shape.push_back(big_endian(array.bytes, 4 + 4 * i));
    elements *= static_cast<std::size_t>(array.shape.back());
    if (elements == 0) throw RequestError(path.string() + " has no elements");
    if (elements > kMostBytes) throw RequestError(path.string() + " claims too many elements");
  }
  if (array.bytes.size() - array.first != elements)
    throw RequestError(fmt::format("{} is truncated: its header promises {} bytes of data, {} are there", path.string(),
                                   elements, array.bytes.size() - array.first));
  return array;
}

struct ImageSet {
  IdxArray images;
  std::vector<std::int32_t> labels;
};

ImageSet read_set(const std::filesystem::path& images, const std::filesystem::path& labels) {
  ImageSet set;
  set.images = read_idx(images, 3);
  const auto array = read_idx(labels, 1);
  if (array.shape[0] != set.images.shape[0])
    throw RequestError(fmt::format("{} has {} images, {} has {} labels", images.string(), set.images.shape[0],
                                   labels.string(), array.shape[0]));
  for (std::size_t i = array.first; i < array.bytes.size(); ++i)
    set.labels.push_back(static_cast<std::int32_t>(array.bytes[i]));
  return set;
}

class ImageTable final : public PooledData {
 public:
  ImageTable(ImageSet train, ImageSet test, double mean, double deviation)
      : train_(std::move(train)), test_(std::move(test)) {
    shape_.features = {1, train_.images.shape[1], train_.images.shape[2]};
    if (test_.images.shape[1] != shape_.features[1] || test_.images.shape[2] != shape_.features[2])
      throw RequestError("training and test images have different sizes");
    for (const auto* labels : {&train_.labels, &test_.labels})
      for (const auto label : *labels) shape_.classes = std::max<std::int64_t>(shape_.classes, label + 1);
    for (int pixel = 0; pixel < 256; ++pixel)
      value_[static_cast<std::size_t>(pixel)] = static_cast<float>((pixel / 255.0 - mean) / deviation);
  }

  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return train_.labels; }
  void copy(std::span<const std::uint32_t> rows, Examples& examples) const override {
    examples.resize(rows.size(), shape_.width());
    for (std::size_t i = 0; i < rows.size(); ++i) copy_row(train_, rows[i], i, examples);
  }
  std::uint64_t test_count() const override { return test_.labels.size(); }
  void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, shape_.width());
    for (std::size_t i = 0; i < count; ++i) copy_row(test_, first + i, i, examples);
  }

 private:
  void copy_row(const ImageSet& set, std::size_t row, std::size_t to, Examples& examples) const {
    const std::size_t width = shape_.width();
    const std::byte* pixels = set.images.bytes.data() + set.images.first + row * width;
    float* out = examples.features.data() + to * width;
    for (std::size_t i = 0; i < width; ++i) out[i] = value_[static_cast<std::uint8_t>(pixels[i])];
    examples.labels[to] = set.labels[row];
  }

  ImageSet train_;
  ImageSet test_;
  DataShape shape_;
  std::array<float, 256> value_{};
};

}  // namespace

void IdxDataset::declare(Options& options) {
  options.path({"path", "folder of the four files", path_.empty()}, path_);
  options.text({"train_images", "file name"}, train_images_);
  options.text({"train_labels", "file name"}, train_labels_);
  options.text({"test_images", "file name"}, test_images_);
  options.text({"test_labels", "file name"}, test_labels_);
  options.number({"mean", "subtracted from pixels in 0 … 1"}, mean_);
  options.number({"deviation", "what pixels are then divided by"}, deviation_, Range::above(0));
}

std::shared_ptr<const FederatedData> IdxDataset::federate(const DataRequest& request) const {
  const auto folder = request.base / path_;
  if (!std::filesystem::is_directory(folder))
    throw RequestError("there is no folder " + folder.string() + (advice_.empty() ? "" : "; " + advice_));
  auto train = read_set(folder / train_images_, folder / train_labels_);
  auto test = read_set(folder / test_images_, folder / test_labels_);
  return deal(std::make_shared<ImageTable>(std::move(train), std::move(test), mean_, deviation_), request);
}

FashionMnist::FashionMnist() {
  path_ = "/usr/share/datasets/fashion-mnist";
  advice_ = "install it with 'apt-get install dataset-fashion-mnist', or set data.path";
  mean_ = 0.2860;
  deviation_ = 0.3530;
}

}  // namespace brume::learning

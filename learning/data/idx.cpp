#include "learning/data/idx.hpp"

#include <fmt/format.h>

#include "brume/error.hpp"
#include "learning/data/dealt_data.hpp"
#include "learning/data/pixels.hpp"

namespace brume::learning {

namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 30;

struct IdxArray {
  std::shared_ptr<const FileBytes> file;
  std::vector<std::int64_t> shape;
  std::size_t first = 0;  // where the elements begin
};

std::uint32_t big_endian(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
  return value;
}

// Header: two zero bytes, the type (8 = unsigned byte), the rank, then the extents, big-endian.
IdxArray read_idx(const std::filesystem::path& path, std::size_t rank) {
  IdxArray array{std::make_shared<const FileBytes>(path, kMostBytes), {}, 4 + 4 * rank};
  const auto bytes = array.file->bytes();
  if (bytes.size() < array.first || big_endian(bytes, 0) != (0x800U | rank))
    throw RequestError(fmt::format("{} is no IDX file of unsigned bytes with {} dimensions", path.string(), rank));
  std::size_t elements = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    array.shape.push_back(big_endian(bytes, 4 + 4 * i));
    elements *= static_cast<std::size_t>(array.shape.back());
    if (elements == 0) throw RequestError(path.string() + " has no elements");
    if (elements > std::size_t{1} << 40) throw RequestError(path.string() + " claims too many elements");
  }
  if (bytes.size() - array.first != elements)
    throw RequestError(fmt::format("{} is truncated: its header promises {} bytes of data, {} are there", path.string(),
                                   elements, bytes.size() - array.first));
  return array;
}

struct ImageSet {
  PixelSet pixels;
  std::vector<std::int64_t> size;  // height and width
};

ImageSet read_set(const std::filesystem::path& images, const std::filesystem::path& labels) {
  const auto pixels = read_idx(images, 3);
  const auto names = read_idx(labels, 1);
  if (names.shape[0] != pixels.shape[0])
    throw RequestError(fmt::format("{} has {} images, {} has {} labels", images.string(), pixels.shape[0],
                                   labels.string(), names.shape[0]));
  ImageSet set{{{pixels.file}, {}, {}}, {pixels.shape[1], pixels.shape[2]}};
  const auto area = static_cast<std::size_t>(set.size[0] * set.size[1]);
  for (std::size_t i = 0; i < static_cast<std::size_t>(pixels.shape[0]); ++i) {
    set.pixels.images.push_back(pixels.file->bytes().data() + pixels.first + i * area);
    set.pixels.labels.push_back(static_cast<std::int32_t>(names.file->bytes()[names.first + i]));
  }
  return set;
}

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
  if (train.size != test.size) throw RequestError("training and test images have different sizes");
  return deal(make_images(std::move(train.pixels), std::move(test.pixels), {1, train.size[0], train.size[1]},
                          {{mean_, deviation_}}),
              request);
}

FashionMnist::FashionMnist() {
  path_ = "/usr/share/datasets/fashion-mnist";
  advice_ = "install it with 'apt-get install dataset-fashion-mnist', or set data.path";
  mean_ = 0.2860;
  deviation_ = 0.3530;
}

}  // namespace brume::learning

#include "learning/data/pixels.hpp"

#include <algorithm>
#include <array>

namespace brume::learning {

namespace {

class ImageTable final : public PooledData {
 public:
  ImageTable(PixelSet train, PixelSet test, std::vector<std::int64_t> shape, const std::vector<PixelScale>& scale)
      : train_(std::move(train)), test_(std::move(test)) {
    shape_.features = std::move(shape);
    for (const auto* labels : {&train_.labels, &test_.labels})
      for (const auto label : *labels) shape_.classes = std::max<std::int64_t>(shape_.classes, label + 1);
    values_.resize(static_cast<std::size_t>(shape_.features[0]));
    for (std::size_t channel = 0; channel < values_.size(); ++channel) {
      const auto& [mean, deviation] = scale[std::min(channel, scale.size() - 1)];
      for (std::size_t pixel = 0; pixel < 256; ++pixel)
        values_[channel][pixel] = static_cast<float>((static_cast<double>(pixel) / 255.0 - mean) / deviation);
    }
  }

  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return train_.labels; }
  void copy(std::span<const std::uint32_t> rows, Examples& examples) const override {
    examples.resize(rows.size(), shape_.width());
    for (std::size_t i = 0; i < rows.size(); ++i) copy_row(train_, rows[i], i, examples);
  }
  std::uint64_t test_count() const override { return test_.count(); }
  void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, shape_.width());
    for (std::size_t i = 0; i < count; ++i) copy_row(test_, first + i, i, examples);
  }

 private:
  void copy_row(const PixelSet& set, std::size_t row, std::size_t to, Examples& examples) const {
    const std::size_t area = shape_.width() / values_.size();
    const std::byte* pixel = set.images[row];
    float* out = examples.features.data() + to * shape_.width();
    for (const auto& channel : values_)
      for (std::size_t i = 0; i < area; ++i) *out++ = channel[static_cast<std::uint8_t>(*pixel++)];
    examples.labels[to] = set.labels[row];
  }

  PixelSet train_;
  PixelSet test_;
  DataShape shape_;
  std::vector<std::array<float, 256>> values_;  // of each channel
};

}  // namespace

void PixelSet::append(PixelSet more) {
  files.insert(files.end(), more.files.begin(), more.files.end());
  images.insert(images.end(), more.images.begin(), more.images.end());
  labels.insert(labels.end(), more.labels.begin(), more.labels.end());
}

std::shared_ptr<const PooledData> make_images(PixelSet train, PixelSet test, std::vector<std::int64_t> shape,
                                              const std::vector<PixelScale>& scale) {
  return std::make_shared<ImageTable>(std::move(train), std::move(test), std::move(shape), scale);
}

}  // namespace brume::learning

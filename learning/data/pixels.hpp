#pragma once

#include <memory>
#include <string>
#include <vector>

#include "brume/data.hpp"
#include "learning/data/file_bytes.hpp"

namespace brume::learning {

/// How bytes become numbers, one for each channel: (p / 255 − mean) / deviation.
struct PixelScale {
  double mean = 0;
  double deviation = 1;
};

/// Images of unsigned bytes, channel after channel, wherever they lie in files that stay mapped.
struct PixelSet {
  std::vector<std::shared_ptr<const FileBytes>> files;
  std::vector<const std::byte*> images;
  std::vector<std::int32_t> labels;

  std::size_t count() const { return images.size(); }
  void append(PixelSet more);
};

/// The data set of labelled images, with as many classes as the labels show. `scale` has an entry for each channel, or
/// one for all.
std::shared_ptr<const PooledData> make_images(PixelSet train, PixelSet test, std::vector<std::int64_t> shape,
                                              const std::vector<PixelScale>& scale);

}  // namespace brume::learning

#include "learning/data/wav.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "brume/error.hpp"
#include "learning/data/dealt_data.hpp"
#include "learning/data/dictionary.hpp"
#include "learning/data/path_pattern.hpp"
#include "learning/data/standardize.hpp"
#include "learning/data/wav_file.hpp"

namespace brume::learning {

namespace {

struct Clip {
  std::filesystem::path path;
  std::int32_t label = 0;
  std::uint32_t device = 0;
};

struct Clips {
  std::vector<Clip> all;  // in the order of their paths
  std::size_t classes = 0;
  std::size_t devices = 0;
};

Clips find_clips(const std::filesystem::path& folder, const std::string& text) {
  const PathPattern pattern(text);
  Dictionary labels;
  Dictionary devices;
  Clips clips;
  if (!std::filesystem::is_directory(folder)) throw RequestError("there is no folder " + folder.string());
  std::vector<std::filesystem::path> paths;
  std::error_code failure;
  for (std::filesystem::recursive_directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure))
    if (const auto ending = entry->path().extension(); ending == ".wav" || ending == ".WAV")
      paths.push_back(entry->path());
  if (failure) throw RequestError("cannot look through " + folder.string() + ": " + failure.message());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const auto found = pattern.match(path.lexically_relative(folder).generic_string());
    if (!found) continue;
    clips.all.push_back(
        {path, static_cast<std::int32_t>(labels.number_of(found->label)), devices.number_of(found->device)});
  }
  if (clips.all.empty())
    throw RequestError(
        fmt::format("none of the {} .wav files of {} is named like '{}'", paths.size(), folder.string(), text));
  const auto label_order = labels.ordered();
  const auto device_order = devices.ordered();
  for (auto& clip : clips.all) {
    clip.label = static_cast<std::int32_t>(label_order.place[static_cast<std::size_t>(clip.label)]);
    clip.device = device_order.place[clip.device];
  }
  clips.classes = labels.size();
  clips.devices = pattern.has_device() ? devices.size() : 0;
  return clips;
}

class ClipTable final : public PooledData {
 public:
  ClipTable(const Clips& clips, const LogMelOptions& options, double test_fraction, bool standardize,
            std::uint64_t seed)
      : rate_(options.rate), mel_(options) {
    shape_.features = {1, mel_.bands(), mel_.frames()};
    shape_.classes = static_cast<std::int64_t>(clips.classes);
    divide(clips, test_fraction, seed);
    for (const auto& clip : training_) {
      labels_.push_back(clip.label);
      if (clips.devices > 0) devices_.push_back(clip.device);
    }
    moments_.assign(static_cast<std::size_t>(mel_.bands()), {0, 1});
    if (standardize) moments_ = band_moments(std::max<std::size_t>(1, clips.devices));
  }

  const DataShape& shape() const override { return shape_; }
  std::span<const std::int32_t> labels() const override { return labels_; }
  std::span<const std::uint32_t> natural_devices() const override { return devices_; }
  void copy(std::span<const std::uint32_t> rows, Examples& examples) const override {
    examples.resize(rows.size(), shape_.width());
    for (std::size_t i = 0; i < rows.size(); ++i) copy(training_[rows[i]], i, examples);
  }
  std::uint64_t test_count() const override { return tests_.size(); }
  void copy_test(std::uint64_t first, std::uint64_t count, Examples& examples) const override {
    examples.resize(count, shape_.width());
    for (std::size_t i = 0; i < count; ++i) copy(tests_[first + i], i, examples);
  }

 private:
  // A share of each device's clips, at least one stays.
  void divide(const Clips& clips, double test_fraction, std::uint64_t seed) {
    std::vector<std::vector<std::uint32_t>> own(std::max<std::size_t>(1, clips.devices));
    for (std::uint32_t i = 0; i < clips.all.size(); ++i) own[clips.all[i].device].push_back(i);
    for (std::size_t device = 0; device < own.size(); ++device) {
      Stream(seed, Purpose::test_split, device).shuffle(std::span(own[device]));
      const auto tests = static_cast<std::size_t>(test_fraction * static_cast<double>(own[device].size()));
      for (std::size_t i = 0; i < own[device].size(); ++i)
        (i < std::min(tests, own[device].size() - 1) ? tests_ : training_).push_back(clips.all[own[device][i]]);
    }
  }

  std::vector<Moments> band_moments(std::size_t devices) const {
    const auto bands = static_cast<std::size_t>(mel_.bands());
    const auto frames = static_cast<std::size_t>(mel_.frames());
    std::vector<ColumnSums> own(devices, ColumnSums(bands));
    std::vector<float> features(shape_.width());
    for (const auto& clip : training_) {
      compute(clip, features.data());
      for (std::size_t i = 0; i < features.size(); ++i) own[clip.device].add(i / frames, features[i]);
    }
    ColumnSums sums(bands);
    for (const auto& device : own) sums.add(device);
    return sums.moments();
  }

  void compute(const Clip& clip, float* out) const {
    const auto recording = read_wav(clip.path);
    if (recording.rate != rate_)
      throw RequestError(
          fmt::format("{}: it has {} samples a second, data.rate says {}", clip.path.string(), recording.rate, rate_));
    mel_.compute(recording.samples, out);
  }

  void copy(const Clip& clip, std::size_t to, Examples& examples) const {
    const auto frames = static_cast<std::size_t>(mel_.frames());
    float* out = examples.features.data() + to * shape_.width();
    compute(clip, out);
    for (std::size_t i = 0; i < shape_.width(); ++i) out[i] = moments_[i / frames].standardized(out[i]);
    examples.labels[to] = clip.label;
  }

  std::int64_t rate_;
  LogMel mel_;
  DataShape shape_;
  std::vector<Clip> training_;
  std::vector<Clip> tests_;
  std::vector<std::int32_t> labels_;
  std::vector<std::uint32_t> devices_;
  std::vector<Moments> moments_;  // of each band
};

}  // namespace

void WavDataset::declare(Options& options) {
  options.path({"path", "folder, with folders in it or not", true}, path_);
  options.text({"pattern", "of a file's path there: {label}, {device}, and {} for the rest"}, pattern_);
  options.number({"test_fraction", "share of each device's clips held out"}, test_fraction_, Range::between(0, 0.9));
  options.integer({"rate", "samples a second"}, features_.rate, Range::between(1000, 1e6));
  options.quantity({"length", "of a clip that is looked at"}, Unit::seconds, features_.length,
                   Range::between(0.01, 600));
  options.quantity({"frame", "of a spectrum"}, Unit::seconds, features_.frame, Range::between(0.001, 1));
  options.quantity({"hop", "from one spectrum to the next"}, Unit::seconds, features_.hop, Range::between(0.001, 1));
  options.integer({"bands", "on the mel scale"}, features_.bands, Range::between(1, 256));
  options.flag({"standardize", "each band to mean 0 and deviation 1, by sums over the devices"}, standardize_);
}

std::shared_ptr<const FederatedData> WavDataset::federate(const DataRequest& request) const {
  const auto clips = find_clips(request.base / path_, pattern_);
  auto table = std::make_shared<const ClipTable>(clips, features_, test_fraction_, standardize_, request.seed);
  return deal(std::move(table), request);
}

}  // namespace brume::learning

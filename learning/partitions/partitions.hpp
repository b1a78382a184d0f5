#pragma once

#include "brume/data.hpp"

namespace brume::learning {

/// Rows shuffled and dealt evenly; the first devices get one more when they do not divide.
class IidPartition final : public Partition {
 public:
  Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const override;
};

/// Hsu et al. 2019 (arXiv 1909.06335, §2): each device draws a label mix q ~ Dir(α, …, α) and takes an equal number of
/// rows by it, without replacement; labels that have run out are left out of q.
class DirichletPartition final : public Partition {
 public:
  void declare(Options& options) override;
  Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const override;

 private:
  void draw_mix(Stream& stream, std::vector<double>& mix) const;
  double alpha_ = 1;
};

/// McMahan et al. 2017 (§3): rows sorted by label are cut into devices × shards_per_device shards, dealt at random.
class ShardsPartition final : public Partition {
 public:
  void declare(Options& options) override;
  Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const override;

 private:
  std::int64_t shards_per_device_ = 2;
};

/// Rows shuffled; how many a device gets follows a log-normal or a Zipf law, at least one each.
class QuantityPartition final : public Partition {
 public:
  void declare(Options& options) override;
  Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const override;

 private:
  std::string law_ = "log_normal";
  double deviation_ = 1;
  double exponent_ = 1;
};

/// As real clients were seen to hold data: how many examples of which label (Lai et al. 2022, FedScale, arXiv
/// 2105.11367, §3). Clients are drawn by the seed; all rows of a class go to those who hold it, in proportion, and
/// nobody goes without a row.
class RecordedPartition final : public Partition {
 public:
  void declare(Options& options) override;
  void open(const std::filesystem::path& folder) override;
  Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const override;

 private:
  std::string path_;
  std::filesystem::path file_;
};

/// Each device is one of the data set's own, in their order.
class NaturalPartition final : public Partition {
 public:
  Assignment deal(const PooledData& data, std::uint64_t devices, std::uint64_t seed) const override;
};

/// Throws RequestError if there are fewer rows than devices.
void require_a_row_each(const PooledData& data, std::uint64_t devices);
/// Throws RequestError, in the partition's name, if the data have no classes.
void require_labels(const PooledData& data, const char* partition);
/// The rows of each label in random order.
std::vector<std::vector<std::uint32_t>> rows_by_label(const PooledData& data, std::uint64_t seed);

}  // namespace brume::learning

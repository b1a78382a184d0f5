#pragma once

#include "brume/local_program.hpp"

namespace brume::algorithms {

// How the devices' learning rate changes with the model's version. Each rises linearly over the first `warm_up` rounds.

class WarmUp : public Schedule {
 public:
  void declare(Options& options) override;
  double rate(Version version) const final;

 private:
  virtual double after_warm_up(double version) const = 0;
  std::int64_t warm_up_ = 0;
};

/// The same rate in every round.
class ConstantSchedule final : public WarmUp {
 private:
  double after_warm_up(double /*version*/) const override { return 1; }
};

/// Multiplied by `factor` after every `every` rounds.
class StepSchedule final : public WarmUp {
 public:
  void declare(Options& options) override;

 private:
  double after_warm_up(double version) const override;
  std::int64_t every_ = 0;
  double factor_ = 0.1;
};

/// Multiplied by `factor` after each round.
class ExponentialSchedule final : public WarmUp {
 public:
  void declare(Options& options) override;

 private:
  double after_warm_up(double version) const override;
  double factor_ = 0.99;
};

/// Half a cosine from 1 to `floor` over `rounds` rounds (Loshchilov and Hutter 2017, arXiv 1608.03983, equation 5,
/// without restarts).
class CosineSchedule final : public WarmUp {
 public:
  void declare(Options& options) override;

 private:
  double after_warm_up(double version) const override;
  std::int64_t rounds_ = 0;
  double floor_ = 0;
};

}  // namespace brume::algorithms

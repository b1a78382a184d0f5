#include "learning/models/norm.hpp"

#include <numeric>

namespace brume::learning {

void Norm::declare(Options& options) {
  options.word({"norm",
                "normalisation; batch averages running statistics over devices, which harms where their data differ "
                "(Hsieh et al. 2020, arXiv 1910.00189, §5): keep them on the devices with fedbn"},
               kind_, {"group", "batch", "none"});
  options.integer({"groups", "of group normalisation, where the channels divide by it"}, groups_,
                  Range::between(1, 1024));
}

void Norm::add(std::vector<Layer>& layers, const std::string& name, std::int64_t channels) const {
  if (kind_ == "batch") layers.push_back({name, BatchNorm{channels}});
  if (kind_ == "group") layers.push_back({name, GroupNorm{channels, std::gcd(groups_, channels)}});
}

}  // namespace brume::learning

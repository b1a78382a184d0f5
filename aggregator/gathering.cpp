#include "aggregator/gathering.hpp"

#include <algorithm>

#include "messages/describe.hpp"

namespace brume::aggregator {

Gathering::Gathering(Version version, RankWindow window, const std::set<NodeId>& children)
    : version_(version), window_(window), members_(children), waiting_(children) {}

void Gathering::leave(NodeId node) {
  members_.erase(node);
  waiting_.erase(node);
}

void Gathering::leave_silent() {
  for (const auto& node : waiting_) members_.erase(node);
  waiting_.clear();
}

void Gathering::join(NodeId node) {
  members_.insert(node);
  waiting_.insert(node);
}

void Gathering::add(NodeId from, const OfferMessage& offer) {
  if (offer.version != version_ || offer.window.first != window_.first || offer.window.last != window_.last ||
      waiting_.erase(from) == 0)
    return;
  for (const auto rank : offer.ranks)
    if (rank >= window_.first && rank < window_.last) offers_.push_back({rank, from});
}

void Gathering::widen(std::uint64_t last) {
  window_ = {window_.last, last};
  waiting_ = members_;
}

std::vector<Gathering::Offer> Gathering::offers() const {
  auto sorted = offers_;
  std::sort(sorted.begin(), sorted.end(),
            [](const Offer& a, const Offer& b) { return std::pair(a.rank, a.child) < std::pair(b.rank, b.child); });
  const auto same = [](const Offer& a, const Offer& b) { return a.rank == b.rank; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  return sorted;
}

template <class Archive>
void Gathering::describe(Archive& archive) {
  archive(version_, window_, members_, waiting_, offers_);
}
template void Gathering::describe(ArchiveWriter& archive);
template void Gathering::describe(ArchiveReader& archive);

}  // namespace brume::aggregator

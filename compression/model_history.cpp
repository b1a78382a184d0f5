#include "compression/model_history.hpp"

#include <algorithm>
#include <cassert>

#include "brume/error.hpp"
#include "compression/chain.hpp"
#include "compression/entropy.hpp"
#include "compression/model_bundle.hpp"
#include "compression/stage_table.hpp"
#include "core/archive.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

constexpr std::size_t kModels = 8;  // that are kept made
FrameContext relative_to(const Digest& base) {
  FrameContext context;
  context.base = base;
  return context;
}

}  // namespace

ModelHistory::ModelHistory(Codecs codecs, LayoutPointer layout, Keeps keeps)
    : codecs_(std::move(codecs)), layout_(std::move(layout)), keeps_(keeps) {}

std::shared_ptr<const Codec> ModelHistory::lossless() {
  return std::make_shared<const Chain>(std::vector<std::shared_ptr<const Stage>>{std::make_shared<const Entropy>()});
}

ModelHistory::Place ModelHistory::find(Version version) const {
  const auto entry = std::lower_bound(entries_.begin(), entries_.end(), version,
                                      [](const Entry& one, Version wanted) { return one.version < wanted; });
  return entry != entries_.end() && entry->version == version ? entry : entries_.end();
}

ModelHistory::Place ModelHistory::whole_before(Place entry) const {
  while (!entry->whole && entry != entries_.begin()) --entry;
  return entry;
}

void ModelHistory::read_whole(const Entry& entry, Parameters& model) const {
  const auto& codec = entry.lossless ? *lossless_ : *codecs_.whole;
  codec.decode(*entry.whole, *layout_, model.values());
}

// Returns whether the frame is a change of that version.
bool ModelHistory::apply(const Entry& entry, const Digest& before, Parameters& model) const {
  std::vector<float> change(layout_->size());
  const auto context = codecs_.changes->decode(*entry.change, *layout_, change);
  if (!equal(frame_hash(before), frame_hash(context.base))) return false;
  const auto values = model.values();
  for (std::size_t i = 0; i < change.size(); ++i) values[i] += change[i];
  return true;
}

// The oldest makes room, but not this one.
void ModelHistory::remember(Version version, const Held& held) {
  models_[version] = held;
  const std::size_t most = keeps_ == Keeps::all ? kModels : 1;
  while (models_.size() > most) {
    const auto oldest = models_.begin();
    models_.erase(oldest->first != version || most == 1 ? oldest : std::next(oldest));
  }
}

ModelHistory::Held ModelHistory::at(Place entry) {
  const auto known = models_.find(entry->version);
  return known != models_.end() ? known->second : make(entry);
}

// From the nearest version that is there, or from the whole model before.
ModelHistory::Held ModelHistory::make(Place entry) {
  auto from = entry;
  while (models_.count(from->version) == 0 && !from->whole && from != entries_.begin()) --from;
  auto model = std::make_shared<Parameters>(layout_);
  if (const auto known = models_.find(from->version); known != models_.end()) {
    *model = *known->second.model;
  } else if (from->whole) {
    read_whole(*from, *model);
  } else {
    throw FormatError("a version of the model is not remembered any more");
  }
  for (; from != entry; ++from) (void)apply(*(from + 1), from->digest, *model);
  const Held held{model, std::make_shared<const Digest>(entry->digest)};
  remember(entry->version, held);
  return held;
}

void ModelHistory::clear() {
  entries_.clear();
  models_.clear();
  since_whole_ = 0;
}

void ModelHistory::append(Entry entry) {
  const auto& frame = entry.whole ? entry.whole : entry.change;
  since_whole_ = (entry.whole ? 0 : since_whole_) + frame->size() + kBundlePartBytes;
  entries_.push_back(std::move(entry));
}

// After the newest version has been appended.
void ModelHistory::settle(const Held& held) {
  remember(newest(), held);
  bundles_.clear();
  if (keeps_ != Keeps::newest) return renew(held);
  entries_.erase(entries_.begin(), entries_.end() - 1);
  entries_.front().whole = entries_.front().change = nullptr;
}

// A lossless model for those who hold nothing, once it is half as long as the way to this version. What is before the
// last such model is of no use to anyone who is not far behind.
void ModelHistory::renew(const Held& newest) {
  if (since_whole_ <= 2 * lossless_bytes_) return;
  State none;
  auto frame = lossless_->encode(newest.model->values(), *layout_, {}, Stream(0, Purpose::downlink), none);
  lossless_bytes_ = frame->size();
  if (since_whole_ <= 2 * lossless_bytes_) return;
  if (keeps_ == Keeps::recent) entries_.erase(entries_.begin(), whole_before(entries_.end() - 1));
  since_whole_ = frame->size();
  entries_.back().whole = std::move(frame);
  entries_.back().lossless = true;
}

ModelHistory::Held ModelHistory::push(Version version, const Parameters& model, const Stream& stream, bool exactly) {
  assert(empty() || version > newest());
  State none;
  Entry entry;
  entry.version = version;
  auto held = std::make_shared<Parameters>(layout_);
  if (empty()) {
    entry.lossless = exactly;
    entry.whole = (exactly ? lossless_ : codecs_.whole)->encode(model.values(), *layout_, {}, stream, none);
    read_whole(entry, *held);
  } else {
    const auto before = at(entries_.end() - 1);
    std::vector<float> change(layout_->size());
    for (std::size_t i = 0; i < change.size(); ++i)
      change[i] = model.values()[i] - std::as_const(*before.model).values()[i];
    entry.change = codecs_.changes->encode(change, *layout_, relative_to(*before.digest), stream, none);
    *held = *before.model;
    (void)apply(entry, *before.digest, *held);
  }
  entry.digest = held->digest();
  const Held result{held, std::make_shared<const Digest>(entry.digest)};
  append(std::move(entry));
  settle(result);
  return result;
}

// Bytes of the changes that lead from an entry to a later one.
std::size_t ModelHistory::distance(Place from, Place to) const {
  std::size_t bytes = 0;
  for (; from != to; ++from) bytes += (from + 1)->change->size() + kBundlePartBytes;
  return bytes;
}

Frame ModelHistory::bundle(std::optional<Version> held, Version to) const {
  const auto last = find(to);
  assert(last != entries_.end());
  auto first = whole_before(last);
  const auto base = held && *held <= to ? find(*held) : entries_.end();
  const bool changes = base != entries_.end() && distance(base, last) <= first->whole->size() + distance(first, last);
  auto& known = bundles_[{changes ? held : std::nullopt, to}];
  if (known) return known;
  ModelBundle bundle;
  bundle.digest = last->digest;
  if (changes) {
    first = base;
  } else {
    bundle.first = first->lossless ? ModelBundle::First::lossless : ModelBundle::First::whole;
    bundle.parts.push_back({first->version, *first->whole});
  }
  bundle.base = first->version;
  for (auto entry = first; entry != last;) {
    ++entry;
    bundle.parts.push_back({entry->version, *entry->change});
  }
  return known = std::make_shared<const Bytes>(write_bundle(bundle));
}

// The way to a version takes no more than twice a lossless model and a change, or there would be one.
std::size_t ModelHistory::worst_case_bytes() const {
  const std::size_t whole = std::max(codecs_.whole->worst_case_bytes(*layout_), lossless_->worst_case_bytes(*layout_));
  return kBundleHeadBytes + 2 * (whole + kBundlePartBytes) + codecs_.changes->worst_case_bytes(*layout_) +
         kBundlePartBytes;
}

ModelHistory::Entry ModelHistory::entry_of(const ModelBundle& bundle, std::size_t part) {
  Entry entry;
  entry.version = bundle.parts[part].version;
  const auto bytes = bundle.parts[part].frame;
  auto frame = std::make_shared<const Bytes>(bytes.begin(), bytes.end());
  const bool whole = part == 0 && bundle.first != ModelBundle::First::change;
  (whole ? entry.whole : entry.change) = std::move(frame);
  entry.lossless = whole && bundle.first == ModelBundle::First::lossless;
  return entry;
}

// Those of the parts from `first` on, of which the model is the version before; none if they lead elsewhere.
std::vector<ModelHistory::Entry> ModelHistory::follow(const ModelBundle& bundle, std::size_t first, Digest before,
                                                      Parameters& model) const {
  std::vector<Entry> entries;
  for (std::size_t i = first; i < bundle.parts.size(); ++i) {
    auto entry = entry_of(bundle, i);
    if (!apply(entry, before, model)) return {};
    before = entry.digest = model.digest();
    entries.push_back(std::move(entry));
  }
  if (before != bundle.digest) entries.clear();
  return entries;
}

std::optional<ModelHistory::Held> ModelHistory::go_on(const ModelBundle& bundle) {
  if (empty() || bundle.base > newest() || newest() >= bundle.to()) return std::nullopt;
  const auto later = std::find_if(bundle.parts.begin(), bundle.parts.end(),
                                  [&](const ModelBundle::Part& part) { return part.version > newest(); });
  const auto here = at(entries_.end() - 1);
  auto model = std::make_shared<Parameters>(*here.model);
  auto entries = follow(bundle, static_cast<std::size_t>(later - bundle.parts.begin()), *here.digest, *model);
  if (entries.empty()) return std::nullopt;
  const Held held{model, std::make_shared<const Digest>(bundle.digest)};
  for (auto& entry : entries) append(std::move(entry));
  settle(held);
  return held;
}

ModelHistory::Held ModelHistory::begin_anew(const ModelBundle& bundle) {
  auto model = std::make_shared<Parameters>(layout_);
  auto first = entry_of(bundle, 0);
  read_whole(first, *model);
  first.digest = model->digest();
  auto entries = follow(bundle, 1, first.digest, *model);
  if (model->digest() != bundle.digest) throw FormatError("a bundle's models are not what it says");
  clear();
  append(std::move(first));
  for (auto& entry : entries) append(std::move(entry));
  const Held held{model, std::make_shared<const Digest>(bundle.digest)};
  settle(held);
  return held;
}

// What a sender says is believed over what is here: it may have been restored from a backup.
ModelHistory::Held ModelHistory::take(const Frame& frame) {
  if (!frame) throw FormatError("a task lacks its model");
  if (frame->size() > worst_case_bytes()) throw FormatError("a bundle of models is larger than its layout allows");
  const auto bundle = read_bundle(*frame);
  if (const auto known = find(bundle.to()); known != entries_.end() && known->digest == bundle.digest) return at(known);
  if (const auto held = go_on(bundle)) return *held;
  if (bundle.first == ModelBundle::First::change) throw FormatError("a model came as changes of one that is not here");
  return begin_anew(bundle);
}

template <class Archive>
void ModelHistory::Entry::describe(Archive& archive) {
  archive(version, digest, change, whole, lossless);
}

// Models are made again from their frames.
template <class Archive>
void ModelHistory::describe(Archive& archive) {
  archive(entries_, since_whole_, lossless_bytes_);
  if constexpr (Archive::kReading) {
    models_.clear();
    bundles_.clear();
  }
}
template void ModelHistory::describe(ArchiveWriter& archive);
template void ModelHistory::describe(ArchiveReader& archive);

}  // namespace brume::compression

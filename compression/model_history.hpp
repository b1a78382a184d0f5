#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "brume/codec.hpp"
#include "brume/parameters.hpp"
#include "brume/task.hpp"
#include "compression/model_bundle.hpp"

namespace brume::compression {

/// The model as devices hold it, through its versions, and the frames from which each version is made: whole models and
/// changes from one version to the next. A change is encoded against what devices hold, so that what a frame leaves out
/// is part of the next one's input: error feedback on the server (Tang et al. 2019, DoubleSqueeze, arXiv 1905.05957).
///
/// A bundle is what one receiver needs for a version: the changes since the version that it holds, or a whole model and
/// the changes since that one, whichever is shorter (compression/FRAME.md). Sender and relays make bundles, receivers
/// take them; a simulation's nodes may share one history. Once the way from a whole model takes more than two
/// lossless ones, the present version gets one, and what is older than the whole model before it is forgotten. Not
/// thread-safe.
class ModelHistory {
 public:
  struct Codecs {
    std::shared_ptr<const Codec> whole;    ///< of the first model
    std::shared_ptr<const Codec> changes;  ///< stateless; may be a contraction
  };
  /// A version as devices hold it.
  struct Held {
    std::shared_ptr<const Parameters> model;
    std::shared_ptr<const Digest> digest;
  };

  /// What is remembered: the newest model alone, for a node that sends nothing on; the frames that others may need; or
  /// all of them and the latest models, for a simulation, in which devices that are far behind have no history of their
  /// own.
  enum class Keeps : std::uint8_t { newest, recent, all };
  ModelHistory(Codecs codecs, LayoutPointer layout, Keeps keeps);
  /// The chain by which models go that must lose nothing.
  static std::shared_ptr<const Codec> lossless();

  bool empty() const { return entries_.empty(); }
  Version newest() const { return entries_.back().version; }
  bool has(Version version) const { return find(version) != entries_.end(); }

  /// Sender: the next version, later than the newest one. Returns it as devices will hold it. The first one goes
  /// whole: `exactly`, or by the chain for it.
  Held push(Version version, const Parameters& model, const Stream& stream, bool exactly = false);
  /// Receiver: the version that a bundle is for. Throws FormatError for one that is damaged, or that changes a version
  /// which is not here.
  Held take(const Frame& frame);
  /// For a receiver that holds version `held`, or is not known to hold any. `to` is here.
  Frame bundle(std::optional<Version> held, Version to) const;

  /// No bundle is larger.
  std::size_t worst_case_bytes() const;

  template <class Archive>
  void describe(Archive& archive);

 private:
  struct Entry {
    Version version = 0;
    Digest digest{};
    Frame change;  // from the entry before; null for the first
    Frame whole;   // null for most
    bool lossless = false;
    template <class Archive>
    void describe(Archive& archive);
  };
  using Place = std::vector<Entry>::const_iterator;

  Place find(Version version) const;
  Place whole_before(Place entry) const;
  std::size_t distance(Place from, Place to) const;
  Held at(Place entry);
  Held make(Place entry);
  void remember(Version version, const Held& held);
  bool apply(const Entry& entry, const Digest& before, Parameters& model) const;
  void read_whole(const Entry& entry, Parameters& model) const;
  void clear();
  void append(Entry entry);
  void settle(const Held& held);
  void renew(const Held& newest);
  static Entry entry_of(const ModelBundle& bundle, std::size_t part);
  std::vector<Entry> follow(const ModelBundle& bundle, std::size_t first, Digest before, Parameters& model) const;
  std::optional<Held> go_on(const ModelBundle& bundle);
  Held begin_anew(const ModelBundle& bundle);

  Codecs codecs_;
  std::shared_ptr<const Codec> lossless_ = lossless();
  LayoutPointer layout_;
  Keeps keeps_;
  std::vector<Entry> entries_;      // ascending; the first has a whole model, unless nothing is sent on
  std::map<Version, Held> models_;  // the latest few; always the newest
  std::size_t since_whole_ = 0;     // bytes of the last whole model and of what follows it
  std::size_t lossless_bytes_ = 0;  // of the last lossless model that was made, used or not
  mutable std::map<std::pair<std::optional<Version>, Version>, Frame> bundles_;  // so that receivers share them
};

}  // namespace brume::compression

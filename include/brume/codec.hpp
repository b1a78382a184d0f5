#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "brume/layout.hpp"
#include "brume/options.hpp"
#include "brume/random.hpp"
#include "brume/state.hpp"

namespace brume {

/// Encoded bytes of one vector, shared by whoever holds them; immutable. The format is compression/FRAME.md.
using Frame = std::shared_ptr<const std::vector<std::byte>>;

struct CodecTraits {
  bool unbiased = true;            ///< E[decode(encode(x))] = x
  bool contraction = false;        ///< ‖x − decode(encode(x))‖² ≤ (1 − δ)‖x‖²: needs error feedback
  bool stateful = false;           ///< keeps something in the device's State
  bool shared_randomness = false;  ///< both ends draw the same numbers, from a seed in the frame
  bool coarse = false;             ///< errors may be as large as the values: no part of a chain with error feedback
  bool votes = false;              ///< leaves signs alone: no values, but for an algorithm that takes votes
  bool codes = false;              ///< turns symbols and side information into bytes: the last stage
  /// ‖x − decode(encode(x))‖ ≤ most_error · ‖x‖ for every x whose magnitudes are 0 or from 2^−60 to 2^60; infinity: no
  /// such bound is known. A contraction that has one and stands before others leaves a projection of x.
  double most_error = std::numeric_limits<double>::infinity();
};

/// What a block of a vector can take at some point of a chain: bytes of side information, values that are left, and the
/// bits of each (32 while they are floats).
struct BlockCost {
  std::size_t side_bytes = 0;
  std::size_t values = 0;
  int symbol_bits = 32;
  bool varies = false;  ///< these are the most; without it, the same for every block of that many elements
};

/// One block of a vector on its way down or up a chain: it starts as floats and ends as bytes. A stage takes what the
/// stage before it left and leaves its own; the fields that are in use say how far it has come.
struct Block {
  std::size_t count = 0;              ///< elements of the block, known to both ends
  std::vector<float> values;          ///< real values: `count` of them, fewer once a stage has left some out
  std::vector<std::int32_t> symbols;  ///< quantised values, in their place
  std::vector<std::byte> side;        ///< what decoding the symbols needs besides them: scales
  int symbol_bits = 0;                ///< symbols lie in −2^(bits−1) … 2^(bits−1) − 1; 0 if there are none
  /// Of each symbol, below kMostContexts: what both ends know of how it is spread; or none.
  std::vector<std::uint8_t> contexts;
  bool in_trellis = false;           ///< when decoding, contexts follow from the symbols before (compression/FRAME.md)
  std::vector<std::uint32_t> words;  ///< when decoding: random numbers that set_contexts() drew, for decode()
  std::vector<std::byte> coded;      ///< all of it once a stage has coded it
  std::uint64_t seed = 0;            ///< of the frame; stages that share random numbers draw them from it
  std::uint64_t index = 0;           ///< of the block in its frame
  BlockCost most;                    ///< what the stages before the coder can leave
};

inline constexpr std::size_t kMostContexts = 16;

/// One stage of a codec chain: a BlockStage or a VectorStage. Immutable once declared.
class Stage : public Component {
 public:
  static constexpr std::string_view kKind = "codec";
  virtual std::uint8_t id() const = 0;  ///< in frames; 0 … 127 are Brume's, 128 … 255 are free for plug-ins
  virtual std::uint8_t version() const = 0;
  virtual CodecTraits traits() const = 0;

  /// The stage's own parameters in a frame's header, at most 255 bytes.
  virtual std::vector<std::byte> parameters() const { return {}; }
  /// Takes parameters from a frame's header. Throws FormatError if they are not valid.
  virtual void set_parameters(std::span<const std::byte> parameters) = 0;

  /// Which share of the elements it sends, if it leaves the others out: these are zero when decoded.
  virtual double share() const { return 1; }

  /// The same stage as it would be declared to send so many times as much: of the elements, or with steps 1/times as
  /// large. Null if it has no such option. Rates of a chain go by it.
  virtual std::shared_ptr<const Stage> scaled(double /*times*/) const { return nullptr; }
};

/// A stage that works on one block of the vector at a time.
class BlockStage : public Stage {
 public:
  /// `state` is the device's, staged; stateless stages leave it alone.
  virtual void encode(Block& block, Stream& stream, State& state) const = 0;
  /// When decoding, before the coder: sets the contexts that encode() set, if it does, from what `block` holds besides
  /// values.
  virtual void set_contexts(Block& /*block*/) const {}
  /// Undoes encode(); takes its side information off the end of `block.side`. The block's bytes are hostile: throws
  /// FormatError, allocates no more than its `count` warrants. A coder leaves no more than `block.most`, and exactly
  /// that unless it varies.
  virtual void decode(Block& block) const = 0;
  using Cost = BlockCost;
  /// What a block takes behind this stage; a coder's is in bytes of side information.
  virtual Cost cost(std::size_t count, Cost before) const = 0;
};

/// A vector as a VectorStage leaves it: tensors for the stages behind it, and bytes beside them.
struct Reduced {
  std::vector<float> values;
  std::vector<std::byte> side;
};

/// A stage that needs to see the whole vector with its tensors: the first of a chain. What it leaves is a shorter
/// vector, which the stages behind it encode.
class VectorStage : public Stage {
 public:
  /// The tensors that it leaves of a vector: their sizes follow from its layout, so that both ends know them.
  virtual Layout leaves(const Layout& layout) const = 0;
  virtual std::size_t most_side_bytes(const Layout& layout) const = 0;

  /// `vector` names it, for what `state` (the device's, staged) remembers of it. Encoding and decoding give the same
  /// bits on every machine.
  virtual Reduced encode(std::span<const float> values, const Layout& layout, std::string_view vector, Stream& stream,
                         State& state) const = 0;
  /// Makes `out` (layout.size() floats) of what encode() left. The bytes are hostile: throws FormatError, allocates no
  /// more than the layout warrants.
  virtual void decode(const Reduced& reduced, const Layout& layout, std::span<float> out) const = 0;
  /// Bytes of state that a device keeps for a vector of this layout.
  virtual std::size_t state_bytes(const Layout& /*layout*/) const { return 0; }
};

/// How much of a digest a frame carries: its first bytes.
inline constexpr std::size_t kFrameHashBytes = 16;

/// What goes into a frame besides the values.
struct FrameContext {
  Digest base{};  ///< of the model that a delta is relative to, zeros if it is none; decoded ones have kFrameHashBytes
  std::uint64_t seed = 0;
  std::string_view vector{};   ///< which of an update's vectors: what a codec remembers is kept by it; not in the frame
  std::size_t most_bytes = 0;  ///< a codec that can choose makes the frame no larger, if possible; 0: as it likes
  std::uint64_t version = 0;   ///< of the model from which an update was made; not in the frame
};

/// Turns float vectors into frames and back. Decoding the same frame gives the same bits on every machine. Immutable,
/// shared by threads.
///
/// A codec's state is a stock of integers: a task takes it out, encode() leaves in it what did not fit into the frame,
/// and the host adds that back to the stock when the task is settled, after fold_back() unless it was included. So two
/// tasks under way never spend the same stock.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual CodecTraits traits() const = 0;
  virtual Frame encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                       State& state) const = 0;
  /// Decodes into `out` (layout.size() floats). Throws FormatError for anything that does not match the layout, before
  /// it allocates.
  virtual FrameContext decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const = 0;
  /// The frame made with `context` was not included: what it carried goes back into `state`, as if it had never left.
  virtual void fold_back(std::span<const std::byte> /*frame*/, const Layout& /*layout*/, std::string_view /*vector*/,
                         State& /*state*/) const {}
  /// Bytes of state that a device keeps for a vector of this layout.
  virtual std::size_t state_bytes(const Layout& /*layout*/) const { return 0; }
  /// No frame for this layout is larger.
  virtual std::size_t worst_case_bytes(const Layout& layout) const = 0;
  /// None of those that are made with that version is.
  virtual std::size_t worst_case_bytes_of(std::uint64_t /*version*/, const Layout& layout) const {
    return worst_case_bytes(layout);
  }
};

}  // namespace brume

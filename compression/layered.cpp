#include "compression/layered.hpp"

#include <algorithm>
#include <cassert>

#include "brume/error.hpp"
#include "compression/container.hpp"
#include "compression/stage_table.hpp"
#include "core/bytes.hpp"

namespace brume::compression {

namespace {

// The tensors of a group, behind each other.
std::vector<float> gather(std::span<const float> values, const Layout& layout, std::span<const std::size_t> tensors) {
  std::vector<float> gathered;
  for (const auto tensor : tensors) {
    const auto part = values.subspan(layout.offset(tensor), layout.tensors()[tensor].size());
    gathered.insert(gathered.end(), part.begin(), part.end());
  }
  return gathered;
}

void scatter(std::span<const float> gathered, const Layout& layout, std::span<const std::size_t> tensors,
             std::span<float> out) {
  for (const auto tensor : tensors) {
    const std::size_t size = layout.tensors()[tensor].size();
    std::copy_n(gathered.begin(), size, out.begin() + static_cast<std::ptrdiff_t>(layout.offset(tensor)));
    gathered = gathered.subspan(size);
  }
}

std::string name_of(std::string_view vector, std::size_t group) {
  return std::string(vector) + "/" + std::to_string(group);
}

}  // namespace

// Greedy with one place to come back to: behind the last star.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t behind = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      behind = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++behind;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

Layered::Layered(std::vector<LayerRule> rules, std::shared_ptr<const Codec> rest) : rules_(std::move(rules)) {
  rules_.push_back({"*", 0, std::move(rest)});
  traits_.most_error = 0;
  for (const auto& rule : rules_) {
    const auto own = rule.codec->traits();
    traits_.most_error = std::max(traits_.most_error, own.most_error);
    add_traits(traits_, own);
  }
}

std::vector<Layered::Group> Layered::groups(const Layout& layout) const {
  std::vector<std::vector<std::size_t>> members(rules_.size());
  for (std::size_t i = 0; i < layout.tensors().size(); ++i) {
    const auto& tensor = layout.tensors()[i];
    const auto fits = [&](const LayerRule& rule) {
      return matches(rule.match, tensor.name) && (rule.below == 0 || tensor.size() < rule.below);
    };
    members[static_cast<std::size_t>(std::find_if(rules_.begin(), rules_.end(), fits) - rules_.begin())].push_back(i);
  }
  std::vector<Group> groups;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    std::vector<TensorSpec> tensors;
    for (const auto tensor : members[i]) tensors.push_back(layout.tensors()[tensor]);
    groups.push_back({rules_[i].codec.get(), Layout(std::move(tensors)), std::move(members[i])});
  }
  return groups;
}

template <class Of>
std::size_t Layered::sum_of_bytes(const Layout& layout, const Of& of) const {
  std::size_t bytes = kContainerHeadBytes;
  for (const auto& group : groups(layout)) bytes += 4 + (group.tensors.empty() ? 0 : of(*group.codec, group.layout));
  return bytes;
}

std::size_t Layered::worst_case_bytes(const Layout& layout) const {
  return sum_of_bytes(layout, [](const Codec& codec, const Layout& own) { return codec.worst_case_bytes(own); });
}

std::size_t Layered::worst_case_bytes_of(std::uint64_t version, const Layout& layout) const {
  return sum_of_bytes(layout,
                      [&](const Codec& codec, const Layout& own) { return codec.worst_case_bytes_of(version, own); });
}

std::size_t Layered::state_bytes(const Layout& layout) const {
  std::size_t bytes = 0;
  for (const auto& group : groups(layout)) bytes += group.codec->state_bytes(group.layout);
  return bytes;
}

Frame Layered::encode(std::span<const float> values, const Layout& layout, const FrameContext& context, Stream stream,
                      State& state) const {
  assert(values.size() == layout.size());
  ByteWriter out;
  put_container_head(ContainerKind::layers, out);
  const auto all = groups(layout);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& group = all[i];
    if (group.tensors.empty()) {
      out.u32(0);
      continue;
    }
    const auto name = name_of(context.vector, i);
    const bool rest = i + 1 == all.size();  // the one that may have a rate gets what the others leave
    const std::size_t left = context.most_bytes > out.size() + 4 ? context.most_bytes - out.size() - 4 : 1;
    FrameContext own{context.base, context.seed, name, rest && context.most_bytes > 0 ? left : 0, context.version};
    const auto frame =
        group.codec->encode(gather(values, layout, group.tensors), group.layout, own, stream.fork(i), state);
    out.u32(static_cast<std::uint32_t>(frame->size()));
    out.append(*frame);
  }
  return std::make_shared<const Bytes>(out.take());
}

std::vector<std::span<const std::byte>> Layered::parts(std::span<const std::byte> frame, const Layout& layout,
                                                       const std::vector<Group>& groups) const {
  if (frame.size() > worst_case_bytes(layout)) throw FormatError("the frame is larger than its layout allows");
  ByteReader reader(frame);
  take_container_head(ContainerKind::layers, reader);
  std::vector<std::span<const std::byte>> parts;
  for (const auto& group : groups) {
    parts.push_back(reader.take(reader.u32()));
    if (parts.back().empty() != group.tensors.empty()) throw FormatError("a frame lacks layers, or has others");
  }
  if (reader.left() != 0) throw FormatError("bytes follow a frame's layers");
  return parts;
}

FrameContext Layered::decode(std::span<const std::byte> frame, const Layout& layout, std::span<float> out) const {
  assert(out.size() == layout.size());
  const auto all = groups(layout);
  const auto frames = parts(frame, layout, all);
  FrameContext context;
  bool first = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (frames[i].empty()) continue;
    std::vector<float> values(all[i].layout.size());
    const auto own = all[i].codec->decode(frames[i], all[i].layout, values);
    if (!first && own.base != context.base) throw FormatError("a frame's layers are relative to different models");
    context = own;
    first = false;
    scatter(values, layout, all[i].tensors, out);
  }
  return context;
}

void Layered::fold_back(std::span<const std::byte> frame, const Layout& layout, std::string_view vector,
                        State& state) const {
  const auto all = groups(layout);
  const auto frames = parts(frame, layout, all);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!frames[i].empty()) all[i].codec->fold_back(frames[i], all[i].layout, name_of(vector, i), state);
}

}  // namespace brume::compression

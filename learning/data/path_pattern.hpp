#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace brume::learning {

/// What a file's path says: "{label}/{device}_nohash_{}.wav". A name in braces stands for any characters but / and _,
/// {} for any but /.
class PathPattern {
 public:
  /// Throws RequestError for a pattern without {label}, with another name, or with a brace that is not closed.
  explicit PathPattern(const std::string& pattern);

  struct Match {
    std::string label;
    std::string device;  ///< "" if the pattern has none
  };
  std::optional<Match> match(const std::string& path) const;
  bool has_device() const { return device_ > 0; }

 private:
  std::regex expression_;
  std::size_t label_ = 0;   // which group
  std::size_t device_ = 0;  // 0: none
};

}  // namespace brume::learning

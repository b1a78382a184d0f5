#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brume {

/// The known word nearest to `word` by edits (insert, delete, replace, swap neighbours), or "" when none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// "did you mean 'fedprox'? (known: fedavg, fedprox)", or only the part in parentheses when no word is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace brume

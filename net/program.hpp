#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace brume::net {

/// Set to a process's number, the program ends with that process: nobody else would stop it.
inline constexpr const char* kEndWith = "BRUME_END_WITH";

/// The main function of a deployed program: `NAME --config node.yaml`. Returns the process's exit code: 0 done, 1 the
/// work failed, 2 the request was wrong.
int run_program(int argc, char** argv, const std::string& name, const std::string& about,
                const std::function<int(const std::filesystem::path& config)>& run);

}  // namespace brume::net

#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace brume::net {

/// Set to a process's number, the program ends with that process: nobody else would stop it.
inline constexpr const char* kEndWith = "BRUME_END_WITH";

/// Messages' buffers are made and freed all the time. Freed memory of a few megabytes stays with the process: from the
/// kernel it would come back page by page, and each cleared.
void keep_freed_memory();

/// What lies freed between what is in use goes back to the kernel; milliseconds. Now and then: a round's peak would
/// stay with the process for ever.
void give_back_freed_memory();

/// The main function of a deployed program: `NAME --config node.yaml`. Returns the process's exit code: 0 done, 1 the
/// work failed, 2 the request was wrong.
int run_program(int argc, char** argv, const std::string& name, const std::string& about,
                const std::function<int(const std::filesystem::path& config)>& run);

}  // namespace brume::net

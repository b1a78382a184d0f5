#pragma once

namespace brume::cli {

/// From now on the first Ctrl-C (SIGINT) or SIGTERM asks the work to end; a second one ends the program at once.
void catch_interrupts();

/// Whether the work was asked to end. Safe from any thread.
bool interrupted();

}  // namespace brume::cli

#include "brume/plugin.hpp"

extern "C" const brume::PluginEntry* brume_plugin() {
  static const brume::PluginEntry kEntry{brume::kPluginApi, "g++ 1 cxx11 0", "wrong_abi", "1",
                                         [](brume::Registry& /*registry*/) {}};
  return &kEntry;
}

#include "brume/plugin.hpp"

extern "C" const brume::PluginEntry* brume_plugin() {
  static const brume::PluginEntry kEntry{brume::kPluginApi + 41, brume::kPluginAbi, "wrong_api", "1",
                                         [](brume::Registry& /*registry*/) {}};
  return &kEntry;
}

#pragma once

#include <cstdint>

#include "brume/registry.hpp"

/// What a shared object has to offer to become a plug-in: one function that says who it is and registers its
/// components.
///
///   class Trimmed final : public brume::Algorithm { … };
///   BRUME_PLUGIN("trimmed", "1.0", [](brume::Registry& registry) {
///     registry.add<Trimmed>("trimmed", "the mean without the extremes", "Yin et al., ICML 2018");
///   })
///
/// Link brume::plugin, and name the file in a configuration: `plugins: [{path: libtrimmed.so}]`. docs/plugins.md takes
/// a reader through it. Plug-ins are never unloaded.

#define BRUME_PLUGIN_TEXT_OF(x) #x
#define BRUME_PLUGIN_TEXT(x) BRUME_PLUGIN_TEXT_OF(x)

#if defined(__SANITIZE_ADDRESS__)
#define BRUME_PLUGIN_SANITIZER " asan"
#elif defined(__SANITIZE_THREAD__)
#define BRUME_PLUGIN_SANITIZER " tsan"
#else
#define BRUME_PLUGIN_SANITIZER ""
#endif

namespace brume {

/// Raised with every change of what stands in include/brume.
inline constexpr std::uint32_t kPluginApi = 6;

/// What must be alike for two objects to share C++ types: the compiler's ABI, the standard library's string,
/// sanitizers.
inline constexpr const char* kPluginAbi =
    "g++ " BRUME_PLUGIN_TEXT(__GXX_ABI_VERSION) " cxx11 " BRUME_PLUGIN_TEXT(_GLIBCXX_USE_CXX11_ABI)
        BRUME_PLUGIN_SANITIZER;

/// Plain data, so that it can be read before anything else is known to fit.
struct PluginEntry {
  std::uint32_t api;
  const char* abi;
  const char* name;
  const char* version;
  void (*add)(Registry& registry);
};

}  // namespace brume

/// `add` is a function or a lambda without captures that registers the components.
#define BRUME_PLUGIN(name, version, ...)                                                                     \
  extern "C" __attribute__((visibility("default"))) const brume::PluginEntry* brume_plugin() {               \
    static const brume::PluginEntry entry{brume::kPluginApi, brume::kPluginAbi, name, version, __VA_ARGS__}; \
    return &entry;                                                                                           \
  }

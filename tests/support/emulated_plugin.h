#pragma once

#include <gtest/gtest.h>

#include <string_view>

/// Ends a test that loads the CUDA backend on the emulator where that is not built. For programs
/// that have GYRE_EMULATED_PLUGIN, its path or an empty string.
#define GYRE_SKIP_WITHOUT_EMULATOR()                                                        \
  do {                                                                                      \
    if (std::string_view(GYRE_EMULATED_PLUGIN).empty()) GTEST_SKIP() << "no CUDA emulator"; \
  } while (false)

#pragma once

/// GYRE_SIMD_TARGETS before a function compiles it once per instruction set and picks one at load
/// time. Its loops are written so that compilers vectorise them. Off under sanitizers, which
/// cannot run code before their own start.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(GYRE_SANITIZED)
#define GYRE_SIMD_TARGETS \
  __attribute__((flatten, target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GYRE_SIMD_TARGETS
#endif

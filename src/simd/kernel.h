#pragma once

// Which instruction sets the kernels are compiled for. A kernel is a .cc file that is compiled once
// per target:
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "hash/batch.cc"     // itself
//   #include "simd/kernel.h"
//   #include "simd/fp-inl.h"
//   HWY_BEFORE_NAMESPACE();
//   namespace gyre::HWY_NAMESPACE { ... void Double(Fp*, std::size_t) { ... } }
//   HWY_AFTER_NAMESPACE();
//   #if HWY_ONCE
//   namespace gyre {
//   HWY_EXPORT(Double);
//   void doubled(Fp* v, std::size_t n) { HWY_DYNAMIC_DISPATCH(Double)(v, n); }
//   }
//   #endif
//
// Names from other files keep their own (generic) instructions, so that inner loops must not call
// functions that are not inlined.
#include <hwy/foreach_target.h>

#include "gyre/simd/targets.h"

namespace gyre::simd {
/// Before any kernel of the file runs.
inline const bool kEnvironmentObeyed = obey_environment();
}  // namespace gyre::simd

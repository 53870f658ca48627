#pragma once

#include <cstddef>

#include "gyre/keys/verifying_key.h"

namespace gyre {

/// Neighbouring columns of a trace that make a part of its openings. The columns of a trace are
/// numbered: preprocessed ones, cached mains, common main.
struct OpenedPart {
  std::size_t trace = 0, part = 0;
  std::size_t first_column = 0, width = 0;
};

/// Calls f(OpenedPart) for all parts in the order in which openings are observed: the common mains
/// of all traces, which are their parts 0, then by trace the preprocessed columns and the cached
/// mains. Spec 05, section 4. `traces`: a list of TraceInput or Workload::Trace.
template <class Traces, class F>
void for_each_opened_part(const Traces& traces, F&& f) {
  for (std::size_t t = 0; t < traces.size(); ++t) {
    const AirVerifyingKey& air = *traces[t].air;
    std::size_t before = air.width.preprocessed.value_or(0);
    for (const std::uint32_t width : air.width.cached_mains) before += width;
    f(OpenedPart{t, 0, before, air.width.common_main});
  }
  for (std::size_t t = 0; t < traces.size(); ++t) {
    const AirVerifyingKey& air = *traces[t].air;
    std::size_t part = 1, column = 0;
    const auto open = [&](std::size_t width) {
      f(OpenedPart{t, part++, column, width});
      column += width;
    };
    if (air.width.preprocessed) open(*air.width.preprocessed);
    for (const std::uint32_t width : air.width.cached_mains) open(width);
  }
}

}  // namespace gyre

#pragma once

#include <span>
#include <string>

#include "cost_model.h"

namespace gyre::bench {

/// A measured time beside its lower bound.
struct Comparison {
  enum class Group { kPhase, kKernel };

  Group group = Group::kKernel;
  std::string name;
  unsigned depth = 0;  ///< phases: how deep inside of others
  unsigned threads = 1;
  double seconds = 0;
  Bound bound;

  double ratio() const { return seconds / bound.seconds(); }
};

/// What the charts say of the machine.
struct Caption {
  std::string machine;   ///< processor, instruction set, threads
  std::string workload;  ///< of the phases; empty without any
};

/// Bars of seconds / bound on a logarithmic axis, as an SVG document.
std::string bar_chart(std::span<const Comparison> comparisons, const Caption& caption);

/// "1.23 s", "45.6 ms", "789 us".
std::string readable_seconds(double seconds);

}  // namespace gyre::bench

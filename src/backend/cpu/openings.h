#pragma once

#include <cstddef>
#include <span>

namespace gyre::cpu {

/// What the phases of the openings take from the arena at their peak, from the shapes alone.

/// `log_heights`: one per group of columns of one height and one need_rot.
std::size_t stacked_sumcheck_bytes(unsigned l_skip, std::span<const unsigned> log_heights);

/// Without the oracles of the rounds.
std::size_t whir_opener_bytes(unsigned l_skip, unsigned log_stacked_height, unsigned k);

}  // namespace gyre::cpu

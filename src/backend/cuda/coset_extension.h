#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/prism_tile.h"
#include "backend/cuda/queue.h"

namespace gyre::cuda {

/// A column and where its values on the cosets 31^c D go, as planes of num_chunks N points.
struct ExtensionColumn {
  PrismColumn column;
  Fp* on_domain = nullptr;          ///< coset 0, D itself; null: not wanted
  Fp* on_cosets = nullptr;          ///< cosets 1, 2, ... one after another
  Fp* rotated_on_domain = nullptr;  ///< the same of the next row
  Fp* rotated_on_cosets = nullptr;
};

/// The columns of one trace to extend.
struct ExtensionWork {
  const ExtensionColumn* columns = nullptr;
  std::uint32_t num_columns = 0;
  std::uint32_t num_cosets = 1;  ///< with D
  PrismRange range;
  std::uint32_t first_block = 0;  ///< follow those of the work before
};

/// Constants of the extension to the cosets 1 .. num_cosets - 1.
struct CosetConstants {
  CosetConstants(unsigned l_skip, std::size_t num_cosets);
  /// Per coset c >= 1: 31^(c k) / N at the bit-reversed place of k.
  std::vector<Fp> twists;
  /// Per coset c >= 0 and z: the Lagrange polynomial of 1 on D at 31^c w^(z + 1).
  std::vector<Fp> rotations;
};

/// Extends all columns of `work` (`device_work` being its copy on the device) in one launch.
void extend_to_cosets(Queue& queue, unsigned l_skip, std::span<const ExtensionWork> work,
                      const ExtensionWork* device_work, const Fp* twists, const Fp* rotations);

}  // namespace gyre::cuda

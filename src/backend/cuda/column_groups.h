#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/cuda/cuda_api.h"
#include "gyre/stacking/layout.h"

namespace gyre::cuda {

/// Columns of one height that need, or do not need, a rotated opening. All of them enter the rounds
/// of their own variables as one: A[row] = sum over i of lambda^(2i) column_i[row]. Spec 06,
/// section 7. Numbers of columns count through all groups.
struct ColumnGroup {
  std::uint32_t log_height = 0;
  std::uint32_t n_lifted = 0;  ///< row variables
  std::uint32_t rotated = 0;
  std::uint32_t first_column = 0, num_columns = 0;
  std::uint32_t first_row = 0;  ///< of A among the rows of all groups
  /// Of the tables over the row variables, those of all groups one after the other. Aligned to
  /// their length as the groups descend in height.
  std::uint32_t first_cube = 0;

  // A is made by blocks of kBlockRows rows by a chunk of columns, then the chunks are added.
  std::uint32_t first_block = 0, chunk_columns = 0, num_chunks = 0;
  std::uint32_t first_partial = 0;  ///< row of the first chunk's sums; A itself if there is but one
  // Sums over the rows of A are made by blocks too.
  std::uint32_t first_sum_block = 0, num_sum_blocks = 0, first_sum = 0;

  __host__ __device__ std::uint32_t height() const { return 1u << log_height; }
  __host__ __device__ std::uint32_t cube() const { return 1u << n_lifted; }
};

/// The groups of a proof in descending height, as an argument of kernels.
struct ColumnGroups {
  static constexpr unsigned kMaxGroups = 2 * 28;  ///< heights up to 2^27
  static constexpr std::uint32_t kBlockRows = 1024;
  /// Threads of a block of sums keep to one point of the skip domain.
  static constexpr unsigned kMaxLogDomain = 8;

  ColumnGroup list[kMaxGroups];
  std::uint32_t count = 0;
  std::uint32_t num_columns = 0, num_rows = 0, num_partial_rows = 0;
  std::uint32_t num_blocks = 0, num_sum_blocks = 0, num_sums = 0;
  std::uint32_t sum_rows = 0;  ///< rows per block of sums, a power of two from 256 up

  std::span<const ColumnGroup> groups() const { return {list, count}; }
  /// Length of the tables over the row variables of the groups with at least n of them.
  std::size_t cube_size(unsigned n) const;
};

/// The last group for which first(group) <= place, `first` being a count that ascends with groups.
template <class First>
__device__ __forceinline__ std::uint32_t find_group(const ColumnGroups& groups, std::uint32_t place,
                                                    First&& first) {
  std::uint32_t g = 0;
  while (g + 1 < groups.count && first(groups.list[g + 1]) <= place) ++g;
  return g;
}

/// A matrix of a commitment as far as the openings care.
struct GroupedMatrix {
  std::uint32_t log_height = 0;
  bool rotated = false;
  std::size_t width = 0;
};

/// `multiprocessors`: of the device, so that work is cut to fill it. gyre::Error(kMisuse) if l_skip
/// is above kMaxLogDomain.
ColumnGroups column_groups(unsigned l_skip, unsigned multiprocessors,
                           std::span<const GroupedMatrix> matrices);

/// The index of the group of a matrix of that height and need.
std::size_t group_of(const ColumnGroups& groups, unsigned log_height, bool rotated);

}  // namespace gyre::cuda

#include "backend/cuda/column_groups.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

/// Blocks that a multiprocessor holds at a time, as the registers of the kernel allow.
constexpr std::uint64_t kBlocksPerMultiprocessor = 3;

/// Cells below which a block is not worth its reduction, and above which the last blocks would run
/// alone for long.
constexpr std::uint64_t kLeastCells = std::uint64_t{1} << 13, kMostCells = std::uint64_t{1} << 17;

/// All blocks run at a time if that leaves each up to twice kMostCells.
std::uint64_t cells_per_block(std::uint64_t cells, unsigned multiprocessors) {
  const std::uint64_t share = cells / (kBlocksPerMultiprocessor * multiprocessors);
  return share > 2 * kMostCells ? kMostCells : std::max(share, kLeastCells);
}

std::uint32_t row_blocks(const ColumnGroup& group) {
  return std::max(group.height() / ColumnGroups::kBlockRows, std::uint32_t{1});
}

/// Cuts the columns so that the blocks of all groups have about as many cells each.
void cut_columns(ColumnGroup& group, std::uint64_t block_cells) {
  const std::uint64_t cells = std::uint64_t{group.num_columns} << group.log_height;
  const auto chunks = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(cells / block_cells / row_blocks(group), 1, group.num_columns));
  group.chunk_columns = (group.num_columns + chunks - 1) / chunks;
  group.num_chunks = (group.num_columns + group.chunk_columns - 1) / group.chunk_columns;
}

}  // namespace

std::size_t ColumnGroups::cube_size(unsigned n) const {
  std::size_t size = 0;
  for (const ColumnGroup& group : groups()) {
    if (group.n_lifted >= n) size += group.cube();
  }
  return size;
}

ColumnGroups column_groups(unsigned l_skip, unsigned multiprocessors,
                           std::span<const GroupedMatrix> matrices) {
  if (l_skip > ColumnGroups::kMaxLogDomain) {
    throw misuse("cuda: l_skip " + std::to_string(l_skip) + " is above " +
                 std::to_string(ColumnGroups::kMaxLogDomain));
  }
  std::map<std::pair<std::uint32_t, bool>, std::size_t, std::greater<>> widths;
  std::uint64_t cells = 0;
  for (const GroupedMatrix& matrix : matrices) {
    if (matrix.width == 0) continue;
    widths[{matrix.log_height, matrix.rotated}] += matrix.width;
    cells += std::uint64_t{matrix.width} << matrix.log_height;
  }
  ColumnGroups all;
  std::uint32_t cube = 0;
  for (const auto& [key, width] : widths) {
    ColumnGroup& group = all.list[all.count++];
    group.log_height = key.first;
    group.n_lifted = key.first > l_skip ? key.first - l_skip : 0;
    group.rotated = key.second;
    group.first_column = all.num_columns;
    group.num_columns = static_cast<std::uint32_t>(width);
    all.num_columns += group.num_columns;
    group.first_row = all.num_rows;
    all.num_rows += group.height();
    group.first_cube = cube;
    cube += group.cube();
    cut_columns(group, cells_per_block(cells, multiprocessors));
    group.first_block = all.num_blocks;
    all.num_blocks += row_blocks(group) * group.num_chunks;
    group.first_partial = all.num_partial_rows;
    if (group.num_chunks > 1) all.num_partial_rows += group.num_chunks * group.height();
  }
  all.sum_rows = 256;
  while (all.num_rows / all.sum_rows > 4 * multiprocessors) all.sum_rows *= 2;
  const std::uint32_t domain = 1u << l_skip;
  for (ColumnGroup& group : std::span(all.list, all.count)) {
    group.first_sum_block = all.num_sum_blocks;
    group.num_sum_blocks = std::max(group.height() / all.sum_rows, std::uint32_t{1});
    all.num_sum_blocks += group.num_sum_blocks;
    group.first_sum = all.num_sums;
    all.num_sums += 2 * std::min(group.height(), domain) * group.num_sum_blocks;
  }
  return all;
}

std::size_t group_of(const ColumnGroups& groups, unsigned log_height, bool rotated) {
  std::size_t g = 0;
  while (groups.list[g].log_height != log_height || (groups.list[g].rotated != 0) != rotated) ++g;
  return g;
}

}  // namespace gyre::cuda

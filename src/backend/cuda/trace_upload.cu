#include "backend/cuda/trace_upload.h"

#include <algorithm>

#include "backend/cuda/staging_copy.h"

namespace gyre::cuda {
namespace {

/// Cells of a tile that is transposed, and its columns at most.
constexpr unsigned kTileCells = 1024, kTileColumns = 32;
constexpr unsigned kTileThreads = 256;
/// Columns of a chunk at most, and at least where there are so many: pieces of a host row that are
/// long enough to be copied fast.
constexpr std::size_t kChunkColumns = 256, kLeastColumns = 64;

/// A place of a tile in shared memory, such that rows and columns lie in different banks.
__device__ unsigned tile_place(unsigned cell) {
  return cell + cell / 32;
}

/// columns[column * height + row] = rows[row * width + column] for row < num_rows, column < width.
/// Grid: tiles down x tiles across. Tiles of narrow matrices are taller.
__global__ void transpose_rows(const Fp* rows, unsigned num_rows, unsigned width, Fp* columns,
                               std::size_t height) {
  __shared__ SharedArray<Fp, kTileCells + kTileCells / 32> tile;
  const unsigned tile_rows = kTileCells / min(kTileColumns, width);
  const unsigned first_row = blockIdx.x * tile_rows, first_column = blockIdx.y * kTileColumns;
  const unsigned down = min(tile_rows, num_rows - first_row);
  const unsigned across = min(kTileColumns, width - first_column);
  for (unsigned cell = threadIdx.x; cell < down * across; cell += kTileThreads) {
    const unsigned row = first_row + cell / across, column = first_column + cell % across;
    tile[tile_place(cell)] = rows[std::size_t{row} * width + column];
  }
  __syncthreads();
  for (unsigned cell = threadIdx.x; cell < down * across; cell += kTileThreads) {
    const unsigned row = cell % down, column = cell / down;
    columns[(first_column + column) * height + first_row + row] =
        tile[tile_place(row * across + column)];
  }
}

/// A chunk of at most Staging::kBytes.
void upload_chunk(Queue& queue, const MatrixView& from, std::size_t first_row, std::size_t rows,
                  std::size_t first_column, std::size_t columns, Fp* to) {
  const std::size_t bytes = rows * columns * sizeof(Fp);
  char* const pinned = queue.stage_beside(bytes);
  copy_rows_to_staging(pinned, from.values().data() + first_row * from.width() + first_column, rows,
                       columns * sizeof(Fp), from.width() * sizeof(Fp));
  count_upload(bytes);
  const std::size_t tile_columns = std::min<std::size_t>(kTileColumns, columns);
  const std::size_t tile_rows = kTileCells / tile_columns;
  queue.launch_beside(&transpose_rows,
                      {dim3(static_cast<unsigned>((rows + tile_rows - 1) / tile_rows),
                            static_cast<unsigned>((columns + kTileColumns - 1) / kTileColumns)),
                       dim3(kTileThreads)},
                      bytes, reinterpret_cast<const Fp*>(pinned), static_cast<unsigned>(rows),
                      static_cast<unsigned>(columns), to + first_column * from.height() + first_row,
                      from.height());
}

}  // namespace

void upload_columns(Queue& queue, const MatrixView& from, MatrixOrder order, std::size_t first,
                    std::size_t count, Fp* to) {
  const std::size_t height = from.height();
  if (order == MatrixOrder::kColumnMajor || height == 1 || from.width() == 1) {
    queue.upload_beside(DeviceSpan<Fp>(to + first * height, count * height),
                        from.values().subspan(first * height, count * height));
    return;
  }
  const std::size_t blocks = (count + kChunkColumns - 1) / kChunkColumns;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t begin = first + count * block / blocks;
    const std::size_t columns = first + count * (block + 1) / blocks - begin;
    const std::size_t most_rows = Staging::kBytes / (columns * sizeof(Fp));
    for (std::size_t row = 0; row < height; row += most_rows) {
      upload_chunk(queue, from, row, std::min(most_rows, height - row), begin, columns, to);
    }
  }
}

StackedUpload::StackedUpload(Work& work, const StackedLayout& layout,
                             std::span<const MatrixView> matrices)
    : queue_(work.queue), log_stacked_height_(layout.log_stacked_height()) {
  for (std::size_t m = 0; m < matrices.size(); ++m) {
    const DeviceMatrices::Place place = work.matrices.place(matrices[m]);
    matrices_.push_back(place.copy);
    if (place.to_fill == nullptr || matrices[m].width() == 0) continue;
    const StackedColumn& first = layout.column(m, 0);
    pending_.push_back({.host = matrices[m],
                        .order = place.order,
                        .copy = place.to_fill,
                        .begin = (first.stacked_column << log_stacked_height_) + first.row,
                        .log_length = layout.log_slice_length(first)});
  }
  if (!done()) queue_.begin_copies();
}

void StackedUpload::copy_columns(std::size_t end) {
  const std::size_t end_cell = end << log_stacked_height_;
  bool copied = false;
  while (!done() && pending_[next_].begin < end_cell) {
    const Pending& matrix = pending_[next_];
    const std::size_t length = std::size_t{1} << matrix.log_length;
    std::size_t columns = (end_cell - matrix.begin + length - 1) >> matrix.log_length;
    if (matrix.order == MatrixOrder::kRowMajor) {
      columns = (columns + kLeastColumns - 1) / kLeastColumns * kLeastColumns;
    }
    columns = std::min(columns, matrix.host.width());
    upload_columns(queue_, matrix.host, matrix.order, next_column_, columns - next_column_,
                   matrix.copy);
    copied = true;
    next_column_ = columns;
    if (columns < matrix.host.width()) break;
    ++next_;
    next_column_ = 0;
  }
  if (copied) queue_.finish_copies();
}

}  // namespace gyre::cuda

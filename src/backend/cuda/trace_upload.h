#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backend/cuda/cuda.h"
#include "gyre/stacking/layout.h"
#include "gyre/traces.h"

namespace gyre::cuda {

/// Columns [first, first + count) of a host matrix, whose values are in `order`, to their places in
/// the copy that begins at `to`: on the queue's stream of copies. Values go through pinned buffers
/// in chunks, and have left the host matrix when this returns. Of a row-major matrix a chunk is
/// some rows of some columns, which a kernel reads from the pinned buffer and transposes.
void upload_columns(Queue& queue, const MatrixView& from, MatrixOrder order, std::size_t first,
                    std::size_t count, Fp* to);

/// The matrices of a stacked commitment on the device. Those that are not there already are copied
/// in the order of the stacked columns, as far as is asked for: so the device encodes the columns
/// in front while the host copies those behind.
class StackedUpload {
 public:
  /// The matrices in the order of the layout. Takes the memory of all of them.
  StackedUpload(Work& work, const StackedLayout& layout, std::span<const MatrixView> matrices);

  /// In the order of the layout. Their values are there as far as copy_columns was called.
  const std::vector<DeviceMatrix>& matrices() const { return matrices_; }
  /// Nothing is left to be copied.
  bool done() const { return next_ == pending_.size(); }
  /// What is launched from now on finds the values of the stacked columns below `end`.
  void copy_columns(std::size_t end);

 private:
  struct Pending {
    MatrixView host;
    MatrixOrder order;
    Fp* copy;
    std::size_t begin;    ///< in cells of the stacked matrix
    unsigned log_length;  ///< of a column's slice
  };

  Queue& queue_;
  unsigned log_stacked_height_;
  std::vector<DeviceMatrix> matrices_;
  std::vector<Pending> pending_;
  std::size_t next_ = 0;         ///< the first of `pending_` that is not copied as a whole
  std::size_t next_column_ = 0;  ///< its first column that is not
};

}  // namespace gyre::cuda

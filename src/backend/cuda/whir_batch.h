#pragma once

#include "backend/cuda/encode_source.h"
#include "backend/cuda/queue.h"

namespace gyre::cuda {

/// Rows that a block takes of all stacked columns.
inline constexpr std::size_t kBatchRows = 1024;
inline std::size_t num_batch_blocks(unsigned log_height) {
  const std::size_t rows = std::size_t{1} << log_height;
  return rows > kBatchRows ? rows / kBatchRows : 1;
}

/// The batch of the stacked columns of all commitments, all on the device.
struct BatchedColumns {
  MessageSource source;  ///< of the columns of all commitments, one after the other
  const Fp4* weights;    ///< per column
  std::size_t width;
  unsigned l_skip;
  const Fp4* eq;      ///< 2^(log_height - l_skip): the weights of the row variables
  Fp4* batch;         ///< 2^log_height: sum of weight * column
  Fp4* partial_sums;  ///< 2^l_skip * num_batch_blocks
  Fp4* sums;          ///< 2^l_skip, z: sum over x of eq[x] * batch[z + 2^l_skip x]
};
/// Makes `batch` and `sums`. Requires l_skip <= 10.
void batch_columns(Queue& queue, const BatchedColumns& tables);

/// out[x left + j] = sum over z < 2^l_skip of weights[j 2^l_skip + z] * batch[z + 2^l_skip x],
/// j < left, x < rows.
void fold_batch(Queue& queue, unsigned l_skip, std::size_t left, std::size_t rows,
                const Fp4* weights, const Fp4* batch, Fp4* out);

}  // namespace gyre::cuda

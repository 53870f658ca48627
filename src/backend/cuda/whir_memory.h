#pragma once

#include <algorithm>
#include <memory>

#include "backend/cuda/cuda.h"
#include "backend/cuda/oracle.h"
#include "backend/cuda/round_transcript.h"
#include "backend/cuda/whir_batch.h"

namespace gyre::cuda {

/// What the memory of WHIR depends on, but for the queries.
struct WhirSizes {
  unsigned l_skip, log_height;
  /// How many of the skip domain's variables WHIR's first round binds.
  unsigned domain_rounds;
  std::size_t num_matrices = 0, width = 0;  ///< of all commitments
  std::size_t max_blocks;                   ///< of sums over the tables

  WhirSizes(const Context& context, std::span<const StackedLayout* const> layouts);
  /// Coefficients when the rounds on the skip domain are over.
  std::size_t folded_size() const { return std::size_t{1} << (log_height - domain_rounds); }
};

/// The memory of the phase, but for the oracles.
struct WhirMemory {
  DeviceSpan<StackedRun> runs;
  DeviceSpan<unsigned> first_runs;
  DeviceSpan<Fp4> column_weights;
  DeviceSpan<Fp4> batch;   ///< values of the batched column; then room for the other tables
  DeviceSpan<Fp4> folded;  ///< first weights of rows; then coefficients after the skip domain
  DeviceSpan<Fp4> spare;   ///< room for the other tables if there are no rounds on the skip domain
  DeviceSpan<Fp4> partial_sums, domain_sums, message_weights;
  DeviceSpan<Fp4> round_partial, round_result;
  DeviceSpan<unsigned> counter;
  DeviceSpan<RoundLog> log;

  /// visit(span, count) for each.
  template <class Visit>
  void each(const WhirSizes& sizes, Visit&& visit) {
    const std::size_t size = std::size_t{1} << sizes.log_height;
    const std::size_t domain = std::size_t{1} << sizes.l_skip;
    visit(runs, sizes.num_matrices);
    visit(first_runs, sizes.width);
    visit(column_weights, sizes.width);
    visit(batch, size);
    visit(folded, sizes.folded_size());
    visit(spare, sizes.domain_rounds == 0 ? 2 * size : 0);
    visit(partial_sums, domain * num_batch_blocks(sizes.log_height));
    visit(domain_sums, domain);
    visit(message_weights, domain * (domain >> sizes.domain_rounds));
    visit(round_partial, 2 * sizes.max_blocks);
    visit(round_result, 2);
    visit(counter, 1);
    visit(log, 1);
  }
};

/// A folded polynomial's codeword and its tree.
struct FoldedOracle {
  FoldedOracle(Work& work, DeviceSpan<const Fp4> coefficients, const CodewordShape& made_shape);
  static std::size_t retained_bytes(const CodewordShape& shape) {
    return DeviceArena::bytes_of<Fp>(shape.width << shape.log_rows()) +
           DeviceOracle::retained_bytes(shape);
  }

  CodewordShape shape;
  DeviceSpan<Fp> codeword;
  std::unique_ptr<DeviceOracle> oracle;
};

/// Of the polynomial with 2^log_message coefficients that a round leaves, at 2^log_domain points.
CodewordShape folded_shape(unsigned log_message, unsigned log_domain, unsigned k);

}  // namespace gyre::cuda

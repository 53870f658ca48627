#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "gyre/keys/proving_key.h"
#include "gyre/traces.h"

namespace gyre {

/// All parts of one AIR's trace, as the variables of its DAG number them. Views only.
class AirRows {
 public:
  /// Requires shapes that check_trace_shapes accepts.
  AirRows(const ProvingKey& key, const AirTraces& traces);

  std::size_t height() const { return height_; }
  /// Column of a preprocessed or main variable.
  std::span<const Fp> column(const Variable& variable) const;
  Fp value(const Variable& variable, std::size_t row) const;

 private:
  MatrixView preprocessed_;
  std::vector<MatrixView> mains_;
  std::span<const Fp> public_values_;
  std::size_t height_;
};

/// Evaluates the part of a DAG that some roots need, for a block of rows at a time.
class BlockEvaluator {
 public:
  static constexpr std::size_t kRows = 16;
  using Block = std::array<Fp, kRows>;

  /// `nodes` and `rows` must outlive the evaluator.
  BlockEvaluator(std::span<const DagNode> nodes, std::span<const std::uint32_t> roots,
                 const AirRows& rows);

  /// The blocks of one thread; reused from one evaluation to the next.
  std::vector<Block> make_blocks() const { return std::vector<Block>(needed_.size()); }
  /// Rows first_row, first_row + 1, ... cyclically: a trace shorter than a block is repeated.
  void evaluate(std::size_t first_row, std::vector<Block>& blocks) const;
  /// Where the values of a needed node are.
  const Block& block_of(std::uint32_t node, const std::vector<Block>& blocks) const {
    return blocks[position_[node]];
  }

 private:
  void load(const Variable& variable, std::size_t first_row, Block& out) const;
  void load_selector(NodeKind kind, std::size_t first_row, Block& out) const;

  std::span<const DagNode> nodes_;
  const AirRows& rows_;
  std::vector<std::uint32_t> needed_;    ///< ascending
  std::vector<std::uint32_t> position_;  ///< by node: its place in `needed_`
};

}  // namespace gyre

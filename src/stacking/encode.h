#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gyre/field/fp.h"
#include "stacking/codeword.h"
#include "stacking/message_columns.h"
#include "support/arena.h"
#include "support/parallel.h"

namespace gyre {

/// Reed-Solomon encoder for codewords in CodewordOrder. Spec 03, section 5.
///
/// The message u of a column is X = 2^(m1 + m2) lines of 16 values, u[16 x + S]. With w_m the root
/// of order 2^m and y = c + 2^b j, j < X (the coset c, b = log_blowup, N = 2^(L + b) rows),
///   cw[y + (N/16) i] = sum_S w_4^(i S) w_(L+b)^(y S) sum_x w_(L-4)^(j x) w_(L+b)^(16 c x) u[16 x +
///   S].
/// First pass, for tiles of 2^m1 lines x = 2^m2 x1 + x2: the message from the evaluations, the
/// coset's factors, and the upper m1 stages, which leave the low bits j1 of j in the order of
/// lines; line j1 is multiplied by w_(L+b)^((c + 2^b j1) S) on its way out. Second pass, for blocks
/// of 2^m2 lines of one j1: the lower m2 stages with twiddles for each S, and the transforms over
/// S.
class Encoder {
 public:
  /// Takes tables from the arena. Requires shape.in_blocks(); the arguments must outlive it.
  Encoder(const Parallel& parallel, Arena& arena, const CodewordShape& shape);
  static std::size_t table_bytes(const CodewordShape& shape);

  /// Encodes columns [first, first + count) at cosets [coset, coset + num_cosets) to `out`: their
  /// blocks in CodewordOrder, of `count` columns.
  void encode(const MessageColumns& columns, std::size_t first, std::size_t count,
              std::size_t coset, std::size_t num_cosets, Fp* out) const;
  /// What encode takes from the arena while it runs.
  static std::size_t scratch_bytes(const CodewordShape& shape, std::size_t count,
                                   std::size_t num_cosets);

 private:
  struct Job;
  void first_pass(const Job& job) const;
  void second_pass(const Job& job) const;
  void fill_tables();

  const Parallel& parallel_;
  Arena& arena_;
  CodewordShape shape_;
  std::span<std::uint32_t> tile_twiddles_;   ///< of the first pass, for each x2
  std::span<std::uint32_t> place_twiddles_;  ///< of the second pass, for each S
  std::span<std::uint32_t> coset_factors_;   ///< w_(L+b)^(16 c x) of cosets c >= 1, x1 within x2
  std::span<std::uint32_t> line_factors_;    ///< 2^-l_skip w_(L+b)^((c + 2^b j1) S), per coset
};

}  // namespace gyre

#pragma once

#include <cstddef>

#include "gyre/field/fp.h"

namespace gyre {

/// A Reed-Solomon codeword matrix and the Merkle tree over its rows. Spec 03, sections 5 and 6.
struct CodewordShape {
  unsigned log_message = 0;  ///< of the 2^log_message rows that are encoded
  unsigned log_blowup = 0;
  std::size_t width = 0;
  unsigned l_skip = 0;  ///< columns are evaluations on chunks of 2^l_skip; 0: coefficients
  unsigned k = 0;       ///< 2^k rows in a leaf

  unsigned log_rows() const { return log_message + log_blowup; }
  std::size_t rows() const { return std::size_t{1} << log_rows(); }
  std::size_t leaves() const { return rows() >> k; }
  /// Whether the codeword is held in CodewordOrder. Small or odd ones are not: theirs is
  /// column-major in natural order.
  bool in_blocks() const { return log_message >= 10 && l_skip <= 6 && k <= 8; }
};

/// Where the transform leaves the rows of a codeword. With N rows, a message of H = N / 2^b and
/// X = H / 16 the row y + (N / 16) i, y < N / 16, i < 16, is in plane i at lane p mod 16 of block
/// p / 16 of coset y mod 2^b, where p is y / 2^b < X with its bits reversed. A block holds 16
/// planes of 16 lanes of each column:
///   value (row, column) at (((coset * X / 16 + block) * width + column) * 16 + plane) * 16 + lane.
/// So the 2^k rows of a leaf are in one block if k <= 4, in one coset always; kernels see nothing
/// but vectors of lanes.
class CodewordOrder {
 public:
  /// Values of a column in a block.
  static constexpr std::size_t kBlock = 256;

  CodewordOrder(unsigned log_message, unsigned log_blowup)
      : log_lines_(log_message - 4), log_blowup_(log_blowup) {}

  std::size_t num_cosets() const { return std::size_t{1} << log_blowup_; }
  std::size_t blocks_per_coset() const { return std::size_t{1} << (log_lines_ - 4); }
  std::size_t num_blocks() const { return blocks_per_coset() << log_blowup_; }

  struct Place {
    std::size_t block;  ///< coset * blocks_per_coset() + block of the coset
    std::size_t plane, lane;
  };
  Place place(std::size_t row) const {
    const std::size_t y = row & (plane_rows() - 1), coset = y & (num_cosets() - 1);
    const std::size_t p = reversed(y >> log_blowup_);
    return {
        .block = coset * blocks_per_coset() + p / 16, .plane = row / plane_rows(), .lane = p % 16};
  }
  std::size_t row(const Place& at) const {
    const std::size_t coset = at.block / blocks_per_coset();
    const std::size_t p = at.block % blocks_per_coset() * 16 + at.lane;
    return coset + (reversed(p) << log_blowup_) + at.plane * plane_rows();
  }
  /// Offset of a value among those of `width` columns.
  std::size_t offset(const Place& at, std::size_t width, std::size_t column) const {
    return (at.block * width + column) * kBlock + at.plane * 16 + at.lane;
  }

 private:
  std::size_t plane_rows() const { return std::size_t{1} << (log_lines_ + log_blowup_); }
  std::size_t reversed(std::size_t i) const {
    std::size_t result = 0;
    for (unsigned bit = 0; bit < log_lines_; ++bit, i >>= 1) result = 2 * result + (i & 1);
    return result;
  }

  unsigned log_lines_, log_blowup_;
};

}  // namespace gyre

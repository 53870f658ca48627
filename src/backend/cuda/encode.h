#pragma once

#include <cstddef>
#include <span>

#include "backend/cuda/cuda.h"
#include "backend/cuda/encode_source.h"
#include "gyre/stacking/layout.h"

namespace gyre::cuda {

/// Reed-Solomon encoder for codewords in DeviceCodewordOrder. Spec 03, section 5. Two passes over
/// memory for messages of 2^13 to 2^22 values:
///
/// The first reads traces where they lie, so no stacked matrix exists, takes chunks to the message
/// in registers, and does all but the lowest 12 stages of each coset's transform on tiles in shared
/// memory; both cosets of a message come from one read. The second does the lowest 12 stages in
/// place, on lines of 2^12 neighbours. The transform leaves its output in bit-reversed order, which
/// is that of DeviceCodewordOrder: nothing is permuted. Shorter messages take one pass; taller ones
/// a pass more for each stage above 2^22.
class Encoder {
 public:
  /// Of the stacked matrix of `layout`, whose matrices are given in its order. Takes
  /// table_bytes(layout) from the arena and has the tables uploaded. gyre::Error(kMisuse) if
  /// l_skip is above 12.
  Encoder(Work& work, const StackedLayout& layout, std::span<const DeviceMatrix> matrices,
          unsigned log_blowup);
  static std::size_t table_bytes(const StackedLayout& layout);

  /// Of the 4 base columns of extension elements: coefficients of a polynomial, 2^n of them.
  Encoder(Work& work, DeviceSpan<const Fp4> coefficients, unsigned log_blowup);

  /// Encodes columns [first, first + count) at cosets [coset, coset + num_cosets) to `out`:
  /// num_cosets * 2^log_height values for each column, coset after coset. With all columns and
  /// cosets these are the values of a DeviceCodeword.
  void encode(std::size_t first, std::size_t count, unsigned coset, unsigned num_cosets,
              DeviceSpan<Fp> out) const;

  std::size_t width() const { return width_; }
  unsigned log_blowup() const { return log_blowup_; }
  unsigned log_height() const { return source_.log_height; }

 private:
  Work& work_;
  MessageSource source_;
  std::size_t width_;
  unsigned log_blowup_;
};

}  // namespace gyre::cuda

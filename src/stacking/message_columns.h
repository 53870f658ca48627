#pragma once

#include <algorithm>
#include <cstddef>

#include "gyre/field/fp4.h"
#include "stacking/stacked_view.h"

namespace gyre {

/// Where an encoder reads its columns. Blocks are `count` rows, a power of two, at a multiple of
/// it. Thread-safe.
class MessageColumns {
 public:
  virtual ~MessageColumns() = default;
  /// The values of a block where they lie together in memory, else nullptr.
  virtual const Fp* find(std::size_t column, std::size_t row, std::size_t count) const = 0;
  /// Those of any block, to `out`.
  virtual void read(std::size_t column, std::size_t row, std::size_t count, Fp* out) const = 0;
};

/// The columns of a stacked matrix, read from the traces.
class StackedColumns : public MessageColumns {
 public:
  explicit StackedColumns(const StackedView& view) : view_(view) {}
  const Fp* find(std::size_t column, std::size_t row, std::size_t count) const override {
    return view_.find(column, row, count);
  }
  void read(std::size_t column, std::size_t row, std::size_t count, Fp* out) const override {
    const Fp* const values = view_.read(column, row, count, out);
    if (values != out) std::copy_n(values, count, out);
  }

 private:
  const StackedView& view_;
};

/// The four base columns of a vector of extension elements.
class CoefficientColumns : public MessageColumns {
 public:
  explicit CoefficientColumns(const Fp4* values) : values_(values) {}
  const Fp* find(std::size_t, std::size_t, std::size_t) const override { return nullptr; }
  void read(std::size_t column, std::size_t row, std::size_t count, Fp* out) const override {
    for (std::size_t i = 0; i < count; ++i) out[i] = values_[row + i].c[column];
  }

 private:
  const Fp4* values_;
};

}  // namespace gyre

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gyre/air/expression.h"
#include "gyre/air/trace_width.h"

namespace gyre {

class Air;
class FilteredBuilder;

/// What evaluating an AIR recorded: two independent lists, each in recording order.
struct RecordedAir {
  struct Interaction {
    std::vector<std::uint32_t> message;
    std::uint32_t count;
    std::uint16_t bus_index;
    std::uint32_t count_weight;
  };

  std::string name;
  TraceWidth width;
  std::size_t num_public_values = 0;
  ExpressionArena arena;
  std::vector<std::uint32_t> constraints;  ///< positions in `arena`
  std::vector<Interaction> interactions;
};

/// One row of the two-row window of a trace part.
class TraceRow {
 public:
  TraceRow(ExpressionArena& arena, Variable first, std::uint32_t width)
      : arena_(&arena), first_(first), width_(width) {}

  std::size_t width() const { return width_; }
  /// The cell of `column`. Misuse outside of the part.
  Expression operator[](std::size_t column) const;
  /// Cells begin..end-1.
  std::vector<Expression> range(std::size_t begin, std::size_t end) const;
  std::vector<Expression> all() const { return range(0, width_); }

 private:
  ExpressionArena* arena_;
  Variable first_;
  std::uint32_t width_;
};

/// The two-row window of a trace part: this row and the next one, cyclically.
class TraceWindow {
 public:
  TraceWindow(ExpressionArena& arena, Variable first, std::uint32_t width)
      : arena_(&arena), first_(first), width_(width) {}

  std::size_t width() const { return width_; }
  TraceRow local() const { return row(0); }
  TraceRow next() const { return row(1); }

 private:
  TraceRow row(std::uint32_t offset) const {
    Variable first = first_;
    first.offset = offset;
    return {*arena_, first, width_};
  }

  ExpressionArena* arena_;
  Variable first_;
  std::uint32_t width_;
};

/// The assertions that plain and filtered builders share. Spec 02, section 2.4.
class Assertions {
 public:
  virtual ~Assertions() = default;

  virtual void assert_zero(const Expression& x) = 0;
  /// As assert_zero, but a filter's condition goes to the right of x.
  virtual void assert_zero_ext(const Expression& x) = 0;

  void assert_one(const Expression& x) { assert_zero(x - Fp::one()); }
  void assert_eq(const Expression& x, const Expression& y) { assert_zero(x - y); }
  void assert_bool(const Expression& x) { assert_zero(x.bool_check()); }
  /// x in {0, 1, 2}.
  void assert_tern(const Expression& x);
  void assert_zeros(std::span<const Expression> xs);
  void assert_bools(std::span<const Expression> xs);
  void assert_one_ext(const Expression& x) { assert_zero_ext(x - Fp::one()); }
  void assert_eq_ext(const Expression& x, const Expression& y) { assert_zero_ext(x - y); }

  Expression is_first_row() const { return selector(NodeKind::kIsFirstRow); }
  Expression is_last_row() const { return selector(NodeKind::kIsLastRow); }
  Expression is_transition() const { return selector(NodeKind::kIsTransition); }
  /// is_transition() for a window of 2 rows. Misuse for other sizes.
  Expression is_transition_window(std::size_t rows) const;

  /// Assertions that hold where `condition` is not zero: (condition * x). The first `when` of a
  /// chain is the outermost factor.
  virtual FilteredBuilder when(const Expression& condition) = 0;
  FilteredBuilder when_ne(const Expression& x, const Expression& y);
  FilteredBuilder when_first_row();
  FilteredBuilder when_last_row();
  FilteredBuilder when_transition();
  FilteredBuilder when_transition_window(std::size_t rows);

 protected:
  virtual Expression selector(NodeKind kind) const = 0;
};

/// What Air::eval writes to. Copies write to the same record.
class AirBuilder final : public Assertions {
 public:
  /// `record` must outlive the builder; its name and widths must be set.
  explicit AirBuilder(RecordedAir& record) : record_(&record) {}

  /// The only main part. Misuse if the AIR has several or none.
  TraceWindow main() const;
  std::size_t num_main_parts() const;
  /// Main parts are numbered cached 0..c-1, then the common main. Misuse outside of them.
  TraceWindow main_part(std::size_t part) const;
  TraceWindow cached_main(std::size_t index) const;
  /// Misuse if its width is 0.
  TraceWindow common_main() const;
  /// Width 0 if the AIR has none.
  TraceWindow preprocessed() const;
  Expression public_value(std::size_t index) const;
  std::size_t num_public_values() const { return record_->num_public_values; }
  Expression constant(Fp value) const;

  void assert_zero(const Expression& x) override;
  void assert_zero_ext(const Expression& x) override { assert_zero(x); }
  FilteredBuilder when(const Expression& condition) override;

  /// A builder for a sub-AIR on the columns begin..end-1 of main(): its column i is column
  /// begin + i. Everything else passes through.
  AirBuilder column_range(std::size_t begin, std::size_t end) const;

  /// Adds `count` to the multiplicity of `message` on the bus, for each row. Spec 02, section 4.
  void push_interaction(std::uint16_t bus_index, std::span<const Expression> message,
                        const Expression& count, std::uint32_t count_weight);

 private:
  struct ColumnRange {
    std::size_t begin, end;
  };

  Expression selector(NodeKind kind) const override;
  TraceWindow window(const Variable& first, std::uint32_t width) const;

  RecordedAir* record_;
  std::optional<ColumnRange> columns_;
};

/// Assertions under one or more conditions. Owns its conditions; the record must outlive it.
class FilteredBuilder final : public Assertions {
 public:
  FilteredBuilder(AirBuilder builder, std::vector<Expression> conditions)
      : builder_(builder), conditions_(std::move(conditions)) {}

  void assert_zero(const Expression& x) override;
  void assert_zero_ext(const Expression& x) override;
  FilteredBuilder when(const Expression& condition) override;

 private:
  Expression selector(NodeKind kind) const override;

  AirBuilder builder_;
  std::vector<Expression> conditions_;  ///< outermost first
};

/// Records what `air` asserts and sends. Misuse if it reads outside of its parts.
/// `preprocessed_width`: of its preprocessed trace, if it has one.
void record_air(const Air& air, std::optional<std::uint32_t> preprocessed_width,
                RecordedAir& record);

}  // namespace gyre

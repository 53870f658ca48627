#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gyre/air/dag.h"
#include "gyre/field/fp.h"

namespace gyre {

/// Immutable expression nodes, each named by its position. `left` and `right` of a node are
/// positions of earlier nodes, and `degree` is set for leaves as well (spec 02, section 2.1).
/// Handles point to it: it neither moves nor copies. Not thread-safe.
class ExpressionArena {
 public:
  ExpressionArena() = default;
  ExpressionArena(const ExpressionArena&) = delete;
  ExpressionArena& operator=(const ExpressionArena&) = delete;

  std::uint32_t variable(const Variable& variable);
  /// kIsFirstRow, kIsLastRow or kIsTransition.
  std::uint32_t selector(NodeKind kind);
  std::uint32_t constant(Fp value);
  std::uint32_t negation(std::uint32_t child);
  /// kAdd, kSub or kMul. Nothing is simplified. A degree above 2^32 - 1 stays at that bound.
  std::uint32_t binary(NodeKind kind, std::uint32_t left, std::uint32_t right);

  const DagNode& operator[](std::uint32_t id) const { return nodes_[id]; }
  std::size_t size() const { return nodes_.size(); }

 private:
  std::uint32_t append(DagNode node);

  std::vector<DagNode> nodes_;
};

/// A handle of an expression over the window of an AIR: 16 bytes, freely copied, valid while its
/// arena lives. Every operator makes one node with its operands in the order written; what the
/// expression looks like reaches the bytes of the key, so nothing is reordered or simplified.
/// Spec 02, section 2.
///
/// A field element converts to the expression that is this constant, which joins the arena of the
/// expression it is combined with. Two such constants cannot be combined (gyre::Error(kMisuse)):
/// begin with AirBuilder::constant.
class Expression {
 public:
  Expression(Fp constant) : constant_(constant) {}
  Expression(ExpressionArena& arena, std::uint32_t id) : arena_(&arena), id_(id) {}

  friend Expression operator+(const Expression& x, const Expression& y) {
    return combine(NodeKind::kAdd, x, y);
  }
  friend Expression operator-(const Expression& x, const Expression& y) {
    return combine(NodeKind::kSub, x, y);
  }
  friend Expression operator*(const Expression& x, const Expression& y) {
    return combine(NodeKind::kMul, x, y);
  }
  friend Expression operator+(Fp, const Expression&) = delete;  // write Expression(c) + x
  friend Expression operator-(Fp, const Expression&) = delete;
  friend Expression operator*(Fp, const Expression&) = delete;
  Expression operator-() const;
  Expression& operator+=(const Expression& y) { return *this = *this + y; }
  Expression& operator-=(const Expression& y) { return *this = *this - y; }
  Expression& operator*=(const Expression& y) { return *this = *this * y; }

  std::uint32_t degree() const;
  /// This expression's node in `arena`: a free constant becomes a leaf there. Misuse for an
  /// expression of another arena.
  std::uint32_t id_in(ExpressionArena& arena) const;

  // The trees of spec 02, section 2.3.

  Expression double_() const { return *this + *this; }
  Expression square() const { return *this * *this; }
  Expression cube() const { return square() * *this; }
  /// (x * 1/2).
  Expression halve() const;
  /// (x * (x - 1)).
  Expression bool_check() const;
  /// ((x + y) - (x * (y + y))).
  Expression xor_(const Expression& y) const;
  Expression xor3(const Expression& y, const Expression& z) const { return xor_(y).xor_(z); }
  /// ((1 - x) * y).
  Expression andn(const Expression& y) const;
  /// Square and multiply from bit 0, beginning with the constant 1.
  Expression exp_u64(std::uint64_t exponent) const;
  /// Short addition chains for exponents up to 7, exp_u64 above.
  Expression exp_const_u64(std::uint64_t exponent) const;
  /// x^(2^k) by k squarings.
  Expression exp_power_of_2(unsigned k) const;
  /// (x * 2^k), the power being a tree of constants.
  Expression mul_2exp_u64(std::uint64_t k) const;
  /// (x * 2^-k), the power being one constant.
  Expression div_2exp_u64(std::uint64_t k) const;
  /// 1, (1 * x), ((1 * x) * x), ...: `count` of them.
  std::vector<Expression> powers(std::size_t count) const;

 private:
  static Expression combine(NodeKind kind, const Expression& x, const Expression& y);

  ExpressionArena* arena_ = nullptr;
  std::uint32_t id_ = 0;
  Fp constant_;  ///< without an arena
};

/// (((e0 + e1) + e2) + ...); the constant 0 if empty.
Expression sum(std::span<const Expression> terms);
/// (((e0 * e1) * e2) * ...); the constant 1 if empty.
Expression product(std::span<const Expression> factors);
/// The sum of (u_i * v_i). Misuse for different lengths.
Expression dot_product(std::span<const Expression> u, std::span<const Expression> v);
/// The balanced sum of a fixed number of terms. Spec 02, section 2.3.
Expression sum_array(std::span<const Expression> terms);
/// acc = b_n, then acc = ((acc + acc) + b_i) for i = n-1..0; the constant 0 if empty.
Expression pack_bits_le(std::span<const Expression> bits);

}  // namespace gyre

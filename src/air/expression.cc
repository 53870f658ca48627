#include "gyre/air/expression.h"

#include <algorithm>
#include <limits>

#include "gyre/support/error.h"

namespace gyre {

namespace {

constexpr std::size_t kMaxNodes = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMaxDegree = std::numeric_limits<std::uint32_t>::max();

const Fp kTwo = Fp::from_canonical(2);

}  // namespace

std::uint32_t ExpressionArena::append(DagNode node) {
  if (nodes_.size() >= kMaxNodes) {
    throw Error(ErrorKind::kResource, "an AIR may have at most 2^32 - 1 expression nodes");
  }
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t ExpressionArena::variable(const Variable& variable) {
  DagNode node{.kind = NodeKind::kVariable, .variable = variable};
  const bool is_cell =
      variable.source == VariableSource::kPreprocessed || variable.source == VariableSource::kMain;
  node.degree = is_cell ? 1 : 0;
  return append(node);
}

std::uint32_t ExpressionArena::selector(NodeKind kind) {
  return append({.kind = kind, .degree = 1});
}

std::uint32_t ExpressionArena::constant(Fp value) {
  return append({.kind = NodeKind::kConstant, .constant = value});
}

std::uint32_t ExpressionArena::negation(std::uint32_t child) {
  return append({.kind = NodeKind::kNeg, .left = child, .degree = nodes_[child].degree});
}

std::uint32_t ExpressionArena::binary(NodeKind kind, std::uint32_t left, std::uint32_t right) {
  const std::uint64_t x = nodes_[left].degree, y = nodes_[right].degree;
  const std::uint64_t degree = kind == NodeKind::kMul ? x + y : std::max(x, y);
  return append({.kind = kind,
                 .left = left,
                 .right = right,
                 .degree = static_cast<std::uint32_t>(std::min(degree, kMaxDegree))});
}

std::uint32_t Expression::degree() const {
  return arena_ == nullptr ? 0 : (*arena_)[id_].degree;
}

std::uint32_t Expression::id_in(ExpressionArena& arena) const {
  if (arena_ == &arena) return id_;
  if (arena_ != nullptr) throw misuse("an expression of one AIR is used in another");
  return arena.constant(constant_);
}

Expression Expression::combine(NodeKind kind, const Expression& x, const Expression& y) {
  ExpressionArena* arena = x.arena_ != nullptr ? x.arena_ : y.arena_;
  if (arena == nullptr) {
    throw misuse("two constants without a builder are combined: begin with AirBuilder::constant");
  }
  const std::uint32_t left = x.id_in(*arena), right = y.id_in(*arena);
  return {*arena, arena->binary(kind, left, right)};
}

Expression Expression::operator-() const {
  if (arena_ == nullptr) {
    throw misuse("a constant without a builder is negated: begin with AirBuilder::constant");
  }
  return {*arena_, arena_->negation(id_)};
}

Expression Expression::halve() const {
  return *this * Fp::one().halved();
}

Expression Expression::bool_check() const {
  return *this * (*this - Fp::one());
}

Expression Expression::xor_(const Expression& y) const {
  return (*this + y) - *this * y.double_();
}

Expression Expression::andn(const Expression& y) const {
  return (Expression(Fp::one()) - *this) * y;
}

Expression Expression::exp_u64(std::uint64_t exponent) const {
  Expression result(Fp::one());
  for (Expression power = *this; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = result * power;
    if (exponent > 1) power = power.square();
  }
  return result;
}

Expression Expression::exp_const_u64(std::uint64_t exponent) const {
  switch (exponent) {
    case 0:
      return Fp::one();
    case 1:
      return *this;
    case 2:
      return square();
    case 3:
      return cube();
    case 4:
      return square().square();
    case 5:
      return square().square() * *this;
    case 6:
      return square().cube();
    case 7: {
      const Expression x2 = square();
      return (x2 * *this) * x2.square();
    }
    default:
      return exp_u64(exponent);
  }
}

Expression Expression::exp_power_of_2(unsigned k) const {
  Expression result = *this;
  for (unsigned i = 0; i < k; ++i) result = result.square();
  return result;
}

Expression Expression::mul_2exp_u64(std::uint64_t k) const {
  if (arena_ == nullptr) {
    throw misuse("mul_2exp_u64 of a constant without a builder: begin with AirBuilder::constant");
  }
  const Expression two(*arena_, arena_->constant(kTwo));
  return *this * two.exp_u64(k);
}

Expression Expression::div_2exp_u64(std::uint64_t k) const {
  return *this * kTwo.inverse().pow(k);
}

std::vector<Expression> Expression::powers(std::size_t count) const {
  std::vector<Expression> result;
  result.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(i == 0 ? Expression(Fp::one()) : result.back() * *this);
  }
  return result;
}

Expression sum(std::span<const Expression> terms) {
  if (terms.empty()) return Fp::zero();
  Expression result = terms[0];
  for (const Expression& term : terms.subspan(1)) result += term;
  return result;
}

Expression product(std::span<const Expression> factors) {
  if (factors.empty()) return Fp::one();
  Expression result = factors[0];
  for (const Expression& factor : factors.subspan(1)) result *= factor;
  return result;
}

Expression dot_product(std::span<const Expression> u, std::span<const Expression> v) {
  if (u.size() != v.size()) {
    throw misuse("dot_product: " + std::to_string(u.size()) + " and " + std::to_string(v.size()) +
                 " terms");
  }
  std::vector<Expression> terms;
  terms.reserve(u.size());
  for (std::size_t i = 0; i < u.size(); ++i) terms.push_back(u[i] * v[i]);
  return sum(terms);
}

Expression sum_array(std::span<const Expression> terms) {
  constexpr std::size_t kBlock = 8, kHalf = 4;
  const std::size_t n = terms.size();
  if (n < kHalf) return sum(terms);
  if (n == kHalf) return (terms[0] + terms[1]) + (terms[2] + terms[3]);
  if (n <= kBlock) return sum_array(terms.first(kHalf)) + sum_array(terms.subspan(kHalf));
  Expression result = sum_array(terms.first(kBlock));
  std::size_t begin = kBlock;
  for (; begin + kBlock <= n; begin += kBlock) result += sum_array(terms.subspan(begin, kBlock));
  if (begin < n) result += sum_array(terms.subspan(begin));
  return result;
}

Expression pack_bits_le(std::span<const Expression> bits) {
  if (bits.empty()) return Fp::zero();
  Expression packed = bits.back();
  for (std::size_t i = bits.size() - 1; i-- > 0;) packed = packed.double_() + bits[i];
  return packed;
}

}  // namespace gyre

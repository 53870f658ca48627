#include "poly/kernels.h"

#include <cstddef>

#include "poly/ntt.h"

namespace gyre {

Fp4 eq(std::span<const Fp4> x, std::span<const Fp4> y) {
  Fp4 product = Fp4::one();
  for (std::size_t j = 0; j < x.size(); ++j) product *= eq1(x[j], y[j]);
  return product;
}

Fp4 eq_bits(std::span<const Fp4> x, std::uint64_t index) {
  Fp4 product = Fp4::one();
  for (std::size_t j = 0; j < x.size(); ++j) {
    product *= ((index >> j) & 1) != 0 ? x[j] : Fp4::one() - x[j];
  }
  return product;
}

std::vector<Fp4> eq_table(std::span<const Fp4> x, const Fp4& scale) {
  std::vector<Fp4> table(std::size_t{1} << x.size());
  table[0] = scale;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const std::size_t half = std::size_t{1} << j;
    for (std::size_t i = 0; i < half; ++i) {
      table[half + i] = table[i] * x[j];
      table[i] -= table[half + i];
    }
  }
  return table;
}

Fp4 eq_prefix_sum(std::span<const Fp4> x, std::size_t count) {
  if (count >> x.size() != 0) return Fp4::one();
  Fp4 sum, path = Fp4::one();
  for (std::size_t bit = x.size(); bit-- > 0;) {
    const Fp4 zero_side = path * (Fp4::one() - x[bit]);
    if ((count >> bit) & 1) {
      sum += zero_side;
      path -= zero_side;
    } else {
      path = zero_side;
    }
  }
  return sum;
}

Fp4 mobius_eq(std::span<const Fp4> u, std::span<const Fp4> x) {
  Fp4 product = Fp4::one();
  for (std::size_t j = 0; j < u.size(); ++j) {
    product *= (Fp4::one() - u[j].doubled()) * (Fp4::one() - x[j]) + u[j] * x[j];
  }
  return product;
}

Fp4 eq_univariate(unsigned log_order, Fp4 x, Fp4 y) {
  Fp4 value = Fp4::one();
  for (unsigned j = 0; j < log_order; ++j) {
    value = (x + y) * value + (x - Fp::one()) * (y - Fp::one());
    x = x.squared();
    y = y.squared();
  }
  return value * inverse_power_of_2(log_order);
}

Fp4 eq_univariate_one(unsigned log_order, Fp4 x) {
  Fp4 value = Fp4::one();
  for (unsigned j = 0; j < log_order; ++j) {
    value *= (x + Fp::one()).halved();
    x = x.squared();
  }
  return value;
}

std::vector<Fp4> eq_univariate_coefficients(unsigned log_order, const Fp4& y) {
  // [1, y^(n-1), y^(n-2), ..., y] / n.
  const std::size_t order = std::size_t{1} << log_order;
  std::vector<Fp4> coefficients(order);
  coefficients[0] = Fp4(inverse_power_of_2(log_order));
  Fp4 power = coefficients[0];
  for (std::size_t k = 1; k < order; ++k) {
    power *= y;
    coefficients[order - k] = power;
  }
  return coefficients;
}

Fp4 eq_sharp(std::span<const Fp4> xi, const Fp4& z) {
  return evaluate_polynomial(eq_sharp_coefficients(xi), z);
}

std::vector<Fp4> eq_sharp_coefficients(std::span<const Fp4> xi) {
  std::vector<Fp4> values = eq_table(xi);
  inverse_dft(std::span(values));
  return values;
}

Fp4 in_subgroup(unsigned l_skip, int n, const Fp4& z) {
  if (n >= 0) return Fp4::one();
  const unsigned log_height = l_skip - static_cast<unsigned>(-n);
  return eq_univariate_one(static_cast<unsigned>(-n), z.pow_power_of_2(log_height));
}

Fp4 eq_prism(unsigned log_order, std::span<const Fp4> x, std::span<const Fp4> y) {
  return eq_univariate(log_order, x[0], y[0]) * eq(x.subspan(1), y.subspan(1));
}

CubeRotation cube_rotation(std::span<const Fp4> x, std::span<const Fp4> y) {
  CubeRotation kernel{.equal = Fp4::one(), .successor = Fp4::one()};
  for (std::size_t j = x.size(); j-- > 0;) {
    kernel.successor =
        x[j] * (Fp4::one() - y[j]) * kernel.equal + (Fp4::one() - x[j]) * y[j] * kernel.successor;
    kernel.equal *= eq1(x[j], y[j]);
  }
  return kernel;
}

Fp4 rotation_prism(unsigned log_order, std::span<const Fp4> x, std::span<const Fp4> y) {
  const Fp omega = two_adic_generator(log_order);
  const CubeRotation cube = cube_rotation(x.subspan(1), y.subspan(1));
  const Fp4 next = y[0] * omega;
  return eq_univariate(log_order, x[0], next) * cube.equal +
         eq_univariate_one(log_order, x[0]) * eq_univariate_one(log_order, next) *
             (cube.successor - cube.equal);
}

std::vector<Fp4> successor_table(std::span<const Fp4> y) {
  // Index i is the successor of i - 1, so the table is the eq table turned by one place.
  std::vector<Fp4> table = eq_table(y);
  const Fp4 last = table.back();
  for (std::size_t i = table.size() - 1; i > 0; --i) table[i] = table[i - 1];
  table[0] = last;
  return table;
}

Fp4 evaluate_polynomial(std::span<const Fp4> coefficients, const Fp4& x) {
  Fp4 value;
  for (std::size_t i = coefficients.size(); i-- > 0;) value = value * x + coefficients[i];
  return value;
}

Fp4 interpolate_at(std::span<const Fp4> values, const Fp4& x) {
  // sum over i of values[i] * prod_{j != i} (x - j) / (i - j), by prefix and suffix products.
  const std::size_t n = values.size();
  std::vector<Fp4> suffix(n + 1, Fp4::one());
  for (std::size_t j = n; j-- > 0;) {
    suffix[j] = suffix[j + 1] * (x - Fp::from_uint64(j));
  }
  std::vector<Fp> factorial(n + 1, Fp::one());
  for (std::size_t i = 1; i <= n; ++i) factorial[i] = factorial[i - 1] * Fp::from_uint64(i);
  Fp4 prefix = Fp4::one(), value;
  for (std::size_t i = 0; i < n; ++i) {
    Fp denominator = factorial[i] * factorial[n - 1 - i];
    if ((n - 1 - i) % 2 == 1) denominator = -denominator;
    value += values[i] * prefix * suffix[i + 1] * denominator.inverse();
    prefix *= x - Fp::from_uint64(i);
  }
  return value;
}

Fp4 interpolate_quadratic(const Fp4& e0, const Fp4& e1, const Fp4& e2, const Fp4& x) {
  const Fp4 second = ((e2 - e1) - (e1 - e0)).halved();
  return (second * x + (e1 - e0 - second)) * x + e0;
}

Fp4 evaluate_multilinear(std::span<const Fp4> table, std::span<const Fp4> x) {
  std::vector<Fp4> folded(table.begin(), table.end());
  for (const Fp4& coordinate : x) {
    for (std::size_t i = 0; i < folded.size() / 2; ++i) {
      folded[i] = folded[2 * i] + coordinate * (folded[2 * i + 1] - folded[2 * i]);
    }
    folded.resize(folded.size() / 2);
  }
  return folded.front();
}

Fp4 sum_over_group(unsigned log_order, std::span<const Fp4> coefficients) {
  const std::size_t order = std::size_t{1} << log_order;
  Fp4 sum;
  for (std::size_t i = 0; i < coefficients.size(); i += order) sum += coefficients[i];
  return sum * Fp::from_uint64(order);
}

std::vector<Fp4> multiply_polynomials(std::span<const Fp4> a, std::span<const Fp4> b) {
  std::vector<Fp4> product(a.size() + b.size() - 1);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) product[i + j] += a[i] * b[j];
  }
  return product;
}

std::vector<Fp4> squarings(Fp4 z, std::size_t count) {
  std::vector<Fp4> result(count);
  for (Fp4& value : result) {
    value = z;
    z = z.squared();
  }
  return result;
}

std::vector<Fp4> powers(const Fp4& x, std::size_t count) {
  std::vector<Fp4> result(count);
  Fp4 power = Fp4::one();
  for (Fp4& value : result) {
    value = power;
    power *= x;
  }
  return result;
}

Fp4 fold_coset(std::vector<Fp4> values, std::span<const Fp4> alphas, Fp x) {
  // One step: v[t] <- v[t] + (alpha - X)(v[t] - v[t + half]) / 2X at X = (x w_k^t)^(2^j).
  const unsigned k = static_cast<unsigned>(alphas.size());
  Fp inverse_x = x.inverse();
  for (unsigned j = 0; j < k; ++j) {
    const std::size_t half = std::size_t{1} << (k - 1 - j);
    const Fp root = two_adic_generator(k - j), inverse_root = root.inverse();
    Fp point = x, inverse_point = inverse_x;
    for (std::size_t t = 0; t < half; ++t) {
      const Fp4 slope = (values[t] - values[t + half]) * inverse_point.halved();
      values[t] += (alphas[j] - point) * slope;
      point *= root;
      inverse_point *= inverse_root;
    }
    x = x.squared();
    inverse_x = inverse_x.squared();
  }
  return values.front();
}

}  // namespace gyre

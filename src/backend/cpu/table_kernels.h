#pragma once

#include <cstddef>
#include <span>

#include "backend/cpu/cpu.h"
#include "gyre/field/fp4.h"

namespace gyre::cpu {

/// Tables of extension elements over the cube, lowest variable in the lowest bit of the index.

/// The round polynomial at 1 and 2 of sum over pairs of a * b, both linear in the variable:
/// values[i] is a table's value at i.
RoundSums round_of_product(const Context& context, std::span<const Fp4> a, std::span<const Fp4> b);

/// The same of the inner product of coefficients c and moments m, which have the values c0, c0 + c1
/// and m0 - m1, m1 at 0 and 1. Spec 07, section 9.
RoundSums round_of_moments(const Context& context, std::span<const Fp4> coefficients,
                           std::span<const Fp4> moments);

/// out[y] = the value of pair y at `challenge`, of a table of values, coefficients, moments.
void fold_values(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                 std::span<Fp4> out);
void fold_coefficients(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                       std::span<Fp4> out);
void fold_moments(const Context& context, std::span<const Fp4> table, const Fp4& challenge,
                  std::span<Fp4> out);

/// out[i] = scale * eq(point, bits of i), i < 2^|point|.
void fill_eq_table(const Context& context, std::span<const Fp4> point, const Fp4& scale,
                   std::span<Fp4> out);

/// out[i] = a * table[i] + b * table[i - 1], table[-1] the last one.
void combine_with_previous(const Context& context, std::span<const Fp4> table, const Fp4& a,
                           const Fp4& b, std::span<Fp4> out);

/// The value at z of the polynomial with these coefficients, a power of two of them.
Fp4 evaluate_at(const Context& context, std::span<const Fp4> coefficients, const Fp4& z);

/// table[v] += factor * z^v.
void add_powers(const Context& context, const Fp4& z, const Fp4& factor, std::span<Fp4> table);

}  // namespace gyre::cpu

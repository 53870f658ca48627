#include "backend/cpu/round0.h"

#include <algorithm>
#include <mutex>

#include "backend/cpu/trace_block.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cpu {
namespace {

/// Values of the three polynomials on one coset.
struct CosetSums {
  std::vector<Fp4> numerator, denominator, zerocheck;
};

/// The round polynomials are evaluated on the skip domain D (interactions alone: the constraints
/// vanish there) and on the cosets 31^c D, c = 1 .. max(d_t, 1) - 1. Spec 05, section 7.
class Round0 {
 public:
  Round0(const Context& context, const TraceInput& trace, const Round0Input& input)
      : context_(context),
        trace_(trace),
        input_(input),
        program_(context.programs[trace.air_index]),
        chunk_(std::size_t{1} << context.l_skip()),
        height_(std::size_t{1} << trace.log_height),
        num_chunks_(std::size_t{1} << input.row_point.size()),
        num_cosets_(std::max<std::size_t>(trace.air->max_constraint_degree, 1)),
        lambda_powers_(powers(input.lambda, program_.constraints.size())),
        eq_(eq_table(input.row_point)),
        twiddles_(shared_twiddles(context.l_skip())) {
    for (std::size_t c = 0; c < num_cosets_; ++c) {
      shifts_.push_back(kMultiplicativeGenerator.pow(c));
    }
    std::size_t longest = 0;
    for (const auto& interaction : program_.interactions) {
      longest = std::max(longest, interaction.message.size());
    }
    beta_powers_ = powers(input.beta, longest + 1);
  }

  TraceRoundPolynomials run() {
    sums_ = empty_sums();
    // Whole chunks per block where they fit; long chunks are walked in pieces of a block.
    const std::size_t chunks_per_task = std::max<std::size_t>(1, kBlock / chunk_);
    const std::size_t tasks = (num_chunks_ + chunks_per_task - 1) / chunks_per_task;
    count_dispatch(height_ * program_.inputs.size() * sizeof(Fp));
    std::mutex mutex;
    context_.parallel.ranges(
        tasks, std::max<std::size_t>(1, tasks / 32), [&](std::size_t begin, std::size_t end) {
          std::vector<CosetSums> partial = empty_sums();
          Scratch scratch(*this, chunks_per_task);
          for (std::size_t task = begin; task < end; ++task) {
            const std::size_t first = task * chunks_per_task;
            evaluate_chunks(first, std::min(chunks_per_task, num_chunks_ - first), scratch,
                            partial);
          }
          const std::lock_guard lock(mutex);
          add(partial);
        });
    return interpolate();
  }

 private:
  /// Input values of some chunks: coefficients, and values on the coset at hand.
  struct Scratch {
    Scratch(const Round0& round, std::size_t chunks)
        : points(std::max(kBlock, chunks * round.chunk_)),
          coefficients(round.program_.inputs.size() * points),
          values(round.program_.inputs.size() * points),
          registers(std::size_t{round.program_.num_registers} * kBlock) {}
    std::size_t points;
    std::vector<Fp> coefficients, values, registers;
  };

  void forward(std::span<Fp> values) const {
    dft_to_bit_reversed(values, *twiddles_);
    bit_reverse(values);
  }
  void inverse(std::span<Fp> values) const {
    forward(values);
    std::reverse(values.begin() + 1, values.end());
    const Fp scale = inverse_power_of_2(context_.l_skip());
    for (Fp& value : values) value *= scale;
  }

  std::vector<CosetSums> empty_sums() const {
    const std::vector<Fp4> zeros(chunk_);
    return std::vector<CosetSums>(num_cosets_, {zeros, zeros, zeros});
  }

  void add(const std::vector<CosetSums>& partial) {
    for (std::size_t c = 0; c < num_cosets_; ++c) {
      for (std::size_t z = 0; z < chunk_; ++z) {
        sums_[c].numerator[z] += partial[c].numerator[z];
        sums_[c].denominator[z] += partial[c].denominator[z];
        sums_[c].zerocheck[z] += partial[c].zerocheck[z];
      }
    }
  }

  static bool is_constant(const AirProgram::Input& input) {
    return input.kind == NodeKind::kConstant ||
           (input.kind == NodeKind::kVariable && input.variable.source == VariableSource::kPublic);
  }

  void evaluate_chunks(std::size_t first, std::size_t chunks, Scratch& scratch,
                       std::vector<CosetSums>& sums) const {
    const std::size_t points = chunks * chunk_;
    for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
      Fp* values = &scratch.values[i * scratch.points];
      Fp* coefficients = &scratch.coefficients[i * scratch.points];
      for (std::size_t p = 0; p < points; ++p) {
        const std::size_t row = (first * chunk_ + p) & (height_ - 1);
        values[p] = coefficients[p] = input_at_row(trace_, program_.inputs[i], row);
      }
      if (is_constant(program_.inputs[i])) continue;
      for (std::size_t x = 0; x < chunks; ++x) {
        inverse(std::span(coefficients + x * chunk_, chunk_));
      }
    }
    for (std::size_t c = 0; c < num_cosets_; ++c) {
      if (c == 0 && program_.interactions.empty()) continue;
      if (c > 0) extend(c, points, scratch);
      for (std::size_t start = 0; start < points; start += kBlock) {
        evaluate_block(c, first, start, std::min(kBlock, points - start), scratch, sums[c]);
      }
    }
  }

  void extend(std::size_t coset, std::size_t points, Scratch& scratch) const {
    std::vector<Fp> shift_powers(chunk_);
    Fp power = Fp::one();
    for (Fp& value : shift_powers) {
      value = power;
      power *= shifts_[coset];
    }
    for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
      if (is_constant(program_.inputs[i])) continue;
      Fp* values = &scratch.values[i * scratch.points];
      const Fp* coefficients = &scratch.coefficients[i * scratch.points];
      for (std::size_t start = 0; start < points; start += chunk_) {
        for (std::size_t j = 0; j < chunk_; ++j) {
          values[start + j] = coefficients[start + j] * shift_powers[j];
        }
        forward(std::span(values + start, chunk_));
      }
    }
  }

  void evaluate_block(std::size_t coset, std::size_t first_chunk, std::size_t start,
                      std::size_t points, Scratch& scratch, CosetSums& sums) const {
    for (std::size_t i = 0; i < program_.inputs.size(); ++i) {
      std::copy_n(&scratch.values[i * scratch.points + start], points,
                  &scratch.registers[std::size_t{program_.inputs[i].input_register} * kBlock]);
    }
    run_block(program_, scratch.registers.data());
    const auto add_to = [&](std::vector<Fp4>& target, const Fp(&rows)[Fp4::kDegree][kBlock],
                            const Fp4& constant) {
      for (std::size_t p = 0; p < points; ++p) {
        const std::size_t point = start + p;
        const Fp4 value = Fp4(rows[0][p], rows[1][p], rows[2][p], rows[3][p]) + constant;
        target[point % chunk_] += eq_[first_chunk + point / chunk_] * value;
      }
    };
    const auto values = [&](std::uint32_t r) {
      return &scratch.registers[std::size_t{r} * kBlock];
    };
    if (coset > 0) {
      Fp rows[Fp4::kDegree][kBlock] = {};
      for (std::size_t k = 0; k < program_.constraints.size(); ++k) {
        accumulate_block(rows, lambda_powers_[k], values(program_.constraints[k]));
      }
      add_to(sums.zerocheck, rows, Fp4());
    }
    if (program_.interactions.empty()) return;
    Fp numerator[Fp4::kDegree][kBlock] = {}, denominator[Fp4::kDegree][kBlock] = {};
    Fp4 constant;
    for (std::size_t i = 0; i < program_.interactions.size(); ++i) {
      const auto& interaction = program_.interactions[i];
      const Fp4& weight = input_.interaction_weights[i];
      accumulate_block(numerator, weight, values(interaction.count));
      for (std::size_t f = 0; f < interaction.message.size(); ++f) {
        accumulate_block(denominator, weight * beta_powers_[f], values(interaction.message[f]));
      }
      constant += weight * beta_powers_[interaction.message.size()] * interaction.bus;
    }
    add_to(sums.numerator, numerator, Fp4());
    add_to(sums.denominator, denominator, constant);
  }

  /// Values on a coset to the coefficients of the remainder modulo Z^N - shift^N.
  void to_remainder(std::vector<Fp4>& values, std::size_t coset) const {
    inverse_dft(std::span(values));
    const Fp inverse_shift = shifts_[coset].inverse();
    Fp power = Fp::one();
    for (Fp4& value : values) {
      value *= power;
      power *= inverse_shift;
    }
  }

  /// From the remainders modulo Z^N - y_c, y_c = shift_c^N: for each residue j of the exponent, the
  /// coefficients j, j + N, j + 2N, ... are a polynomial in y interpolated at the y_c.
  std::vector<Fp4> combine(const std::vector<std::vector<Fp4>>& remainders,
                           std::span<const Fp> points) const {
    const std::size_t count = remainders.size();
    std::vector<Fp4> coefficients(count * chunk_);
    for (std::size_t c = 0; c < count; ++c) {
      // Lagrange basis polynomial of point c, by coefficients.
      std::vector<Fp> basis = {Fp::one()};
      Fp denominator = Fp::one();
      for (std::size_t other = 0; other < count; ++other) {
        if (other == c) continue;
        denominator *= points[c] - points[other];
        basis.push_back(Fp());
        for (std::size_t i = basis.size() - 1; i > 0; --i) {
          basis[i] = basis[i - 1] - points[other] * basis[i];
        }
        basis[0] = -points[other] * basis[0];
      }
      const Fp scale = denominator.inverse();
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t j = 0; j < chunk_; ++j) {
          coefficients[i * chunk_ + j] += remainders[c][j] * (basis[i] * scale);
        }
      }
    }
    return coefficients;
  }

  TraceRoundPolynomials interpolate() {
    std::vector<Fp> points;
    for (const Fp shift : shifts_) points.push_back(shift.pow(chunk_));
    TraceRoundPolynomials result;
    const std::size_t degree_bound = num_cosets_ * (chunk_ - 1) + 1;
    if (!program_.interactions.empty()) {
      std::vector<std::vector<Fp4>> numerators, denominators;
      for (std::size_t c = 0; c < num_cosets_; ++c) {
        to_remainder(sums_[c].numerator, c);
        to_remainder(sums_[c].denominator, c);
        numerators.push_back(std::move(sums_[c].numerator));
        denominators.push_back(std::move(sums_[c].denominator));
      }
      result.numerator = combine(numerators, points);
      result.denominator = combine(denominators, points);
      result.numerator.resize(degree_bound);
      result.denominator.resize(degree_bound);
    }
    if (num_cosets_ > 1) result.zerocheck = zerocheck(points, degree_bound);
    return result;
  }

  /// V = (Z^N - 1) W with W of degree below (d_t - 1) N, from the cosets other than D.
  std::vector<Fp4> zerocheck(std::span<const Fp> points, std::size_t degree_bound) {
    std::vector<std::vector<Fp4>> quotients;
    for (std::size_t c = 1; c < num_cosets_; ++c) {
      to_remainder(sums_[c].zerocheck, c);
      const Fp vanishing = (points[c] - Fp::one()).inverse();
      for (Fp4& value : sums_[c].zerocheck) value *= vanishing;
      quotients.push_back(std::move(sums_[c].zerocheck));
    }
    const std::vector<Fp4> quotient = combine(quotients, points.subspan(1));
    std::vector<Fp4> polynomial(quotient.size() + chunk_);
    for (std::size_t i = 0; i < quotient.size(); ++i) {
      polynomial[i + chunk_] += quotient[i];
      polynomial[i] -= quotient[i];
    }
    polynomial.resize(degree_bound);
    return polynomial;
  }

  const Context& context_;
  const TraceInput& trace_;
  const Round0Input& input_;
  const AirProgram& program_;
  std::size_t chunk_, height_, num_chunks_, num_cosets_;
  std::vector<Fp> shifts_;
  std::vector<Fp4> lambda_powers_, beta_powers_, eq_;
  std::shared_ptr<const Twiddles> twiddles_;
  std::vector<CosetSums> sums_;
};

}  // namespace

TraceRoundPolynomials round0_polynomials(const Context& context, const TraceInput& trace,
                                         const Round0Input& input) {
  return Round0(context, trace, input).run();
}

}  // namespace gyre::cpu

#include <algorithm>
#include <bit>
#include <mutex>
#include <utility>

#include "backend/cpu/column_kernels.h"
#include "backend/cpu/cpu.h"
#include "backend/cpu/openings.h"
#include "backend/cpu/table_kernels.h"
#include "gyre/support/telemetry.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cpu {
namespace {

/// How many of the skip domain's variables WHIR's first round binds.
unsigned bound_on_domain(unsigned l_skip, unsigned k) {
  return std::min(l_skip, k);
}

/// Coefficients c of the polynomial and moments A[v] = sum of the weight over the cube points above
/// v: their inner product is the claim. Spec 07, section 9.
///
/// At first A = eq(u, .), a product over the variables. So while variables of the skip domain are
/// bound, the row variables may be summed over beforehand, and a table over the skip domain alone
/// takes part in the rounds; each folded coefficient is then an inner product of a chunk.
class CpuWhirOpener : public WhirOpener {
 public:
  CpuWhirOpener(const Context& context, Arena& arena,
                std::span<const Commitment* const> commitments, const Fp4& mu,
                std::span<const Fp4> point)
      : scope_(arena),
        arena_(arena),
        context_(context),
        commitments_(commitments.begin(), commitments.end()),
        point_(point.begin(), point.end()),
        domain_rounds_(bound_on_domain(context.l_skip(), context.k())),
        batch_(arena, std::size_t{1} << point.size()),
        folded_(arena, batch_.size() >> domain_rounds_),
        spare_(arena, domain_rounds_ == 0 ? 2 * batch_.size() : 0) {
    domain_coefficients_ = batch_columns(mu);
    evaluations_to_message(std::span(domain_coefficients_), context.l_skip());
    domain_moments_ = eq_table(point.first(context.l_skip()));
    coefficients_ = domain_coefficients_;
    moments_ = domain_moments_;
    if (domain_rounds_ == 0) leave_domain();
  }

  std::array<Fp4, 2> round() override {
    count_dispatch(2 * moments_.size() * sizeof(Fp4));
    const RoundSums sums = round_of_moments(context_, coefficients_, moments_);
    return {sums.at_1, sums.at_2};
  }

  void fold(const Fp4& challenge) override {
    count_dispatch(3 * moments_.size() * sizeof(Fp4));
    alphas_.push_back(challenge);
    const std::size_t half = moments_.size() / 2;
    if (alphas_.size() <= domain_rounds_) {
      fold_coefficients(context_, coefficients_, challenge, domain_coefficients_);
      fold_moments(context_, moments_, challenge, domain_moments_);
      coefficients_ = std::span(domain_coefficients_).first(half);
      moments_ = std::span(domain_moments_).first(half);
      if (alphas_.size() == domain_rounds_) leave_domain();
      return;
    }
    fold_coefficients(context_, coefficients_, challenge, other_coefficients_.first(half));
    fold_moments(context_, moments_, challenge, other_moments_.first(half));
    std::swap(coefficients_, other_coefficients_);
    std::swap(moments_, other_moments_);
    coefficients_ = coefficients_.first(half);
    moments_ = moments_.first(half);
  }

  Digest commit_folded(unsigned log_domain) override {
    const auto log_message = static_cast<unsigned>(std::countr_zero(coefficients_.size()));
    const CodewordShape shape = folded_codeword_shape(context_, log_message, log_domain);
    const CoefficientColumns columns(coefficients_.data());
    oracles_.push_back(
        std::make_unique<Oracle>(context_.parallel, arena_, shape, columns, CodewordPolicy::kKeep));
    return oracles_.back()->root();
  }

  Fp4 evaluate(const Fp4& z) override {
    count_dispatch(coefficients_.size() * sizeof(Fp4));
    return evaluate_at(context_, coefficients_, z);
  }

  std::vector<Fp4> final_polynomial() override {
    return {coefficients_.begin(), coefficients_.end()};
  }

  void open(unsigned round, std::span<const std::size_t> indices) override {
    if (round == 0) {
      for (const Commitment* commitment : commitments_) {
        openings_.commitments.push_back(
            static_cast<const CpuCommitment*>(commitment)->open(indices));
      }
      return;
    }
    const Oracle& oracle = *oracles_[round - 1];
    auto& openings = openings_.codewords.emplace_back();
    const std::vector<std::vector<Fp>> leaves = oracle.open(indices);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      auto& opening = openings.emplace_back();
      opening.path = oracle.path(indices[i]);
      const std::vector<Fp>& rows = leaves[i];
      for (std::size_t j = 0; j < rows.size(); j += Fp4::kDegree) {
        opening.rows.emplace_back(rows[j], rows[j + 1], rows[j + 2], rows[j + 3]);
      }
    }
  }

  WhirOpenings openings() override { return std::move(openings_); }

  /// factor * eq(., pow(z)) has the moments factor * z^v.
  void add_weight(std::span<const WeightTerm> terms) override {
    count_dispatch(2 * moments_.size() * sizeof(Fp4));
    std::vector<BaseTerm> base_terms;
    for (const WeightTerm& term : terms) {
      if (term.z == Fp4(term.z.c[0])) {
        base_terms.push_back({.z = term.z.c[0], .factor = term.factor});
      } else {
        add_powers(context_, term.z, term.factor, moments_);
      }
    }
    if (!base_terms.empty()) add_base_powers(base_terms);
  }

 private:
  struct BaseTerm {
    Fp z;
    Fp4 factor;
  };

  /// batch = sum over stacked columns of mu^J column_J. Returns, per z of the skip domain, the sum
  /// over rows x of batch[z + N x] eq(x, point).
  std::vector<Fp4> batch_columns(const Fp4& mu) {
    const unsigned l_skip = context_.l_skip();
    const std::size_t chunk = std::size_t{1} << l_skip, lanes = std::max(kSumLanes, chunk);
    std::size_t width = 0;
    for (const Commitment* commitment : commitments_) width += commitment->layout().width();
    count_dispatch(batch_.size() * (width + 4) * sizeof(Fp));
    const std::vector<Fp4> weights = powers(mu, width);
    const bool by_lanes = batch_.size() >= lanes;
    const std::span<const Fp4> row_point = std::span(point_).subspan(l_skip);
    const auto low = static_cast<std::size_t>(std::countr_zero(by_lanes ? lanes / chunk : 1));
    // Not yet needed for its own purpose.
    const std::span<Fp4> high = folded_.span().first(by_lanes ? batch_.size() / lanes : 0);
    if (by_lanes) fill_eq_table(context_, row_point.subspan(low), Fp4::one(), high);

    const std::size_t block = std::min(batch_.size(), ColumnCombiner::kMaxRows);
    const std::size_t num_blocks = batch_.size() / block;
    std::vector<Fp4> sums(lanes);
    std::mutex mutex;
    context_.parallel.ranges(
        num_blocks, num_blocks / 64 + 1, [&](std::size_t begin, std::size_t end) {
          ColumnCombiner combiner;
          for (std::size_t i = begin; i < end; ++i) {
            batch_block(weights, i * block, block, combiner);
          }
          if (!by_lanes) return;
          const std::size_t first = begin * block / lanes, count = (end - begin) * block / lanes;
          std::vector<Fp4> partial(lanes);
          for (std::size_t lane = 0; lane < lanes; lane += kSumLanes) {
            lane_sums(&batch_[first * lanes + lane], lanes, high.subspan(first, count),
                      &partial[lane]);
          }
          const std::lock_guard lock(mutex);
          for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += partial[lane];
        });

    const std::vector<Fp4> low_weights = eq_table(by_lanes ? row_point.first(low) : row_point);
    std::vector<Fp4> result(chunk);
    for (std::size_t x = 0; x < low_weights.size(); ++x) {
      for (std::size_t z = 0; z < chunk; ++z) {
        const std::size_t lane = z + x * chunk;
        result[z] += low_weights[x] * (by_lanes ? sums[lane] : batch_[lane]);
      }
    }
    return result;
  }

  /// Rows [first, first + count).
  void batch_block(std::span<const Fp4> weights, std::size_t first, std::size_t count,
                   ColumnCombiner& combiner) {
    combiner.begin(count);
    auto weight = weights.begin();
    for (const Commitment* commitment : commitments_) {
      const StackedView& view = static_cast<const CpuCommitment*>(commitment)->view();
      for (std::size_t c = 0; c < view.width(); ++c) {
        combiner.add(view.read(c, first, count, combiner.scratch()), *weight++);
      }
    }
    combiner.finish(&batch_[first]);
  }

  /// The skip domain's variables that this round binds are bound: the tables over all variables
  /// that are left.
  void leave_domain() {
    const std::size_t chunk = std::size_t{1} << context_.l_skip();
    const std::size_t left = chunk >> domain_rounds_, rows = batch_.size() / chunk;
    count_dispatch(left * batch_.size() * sizeof(Fp4));
    const std::vector<std::vector<Fp4>> weights = folded_message_weights();
    context_.parallel.ranges(rows, 64, [&](std::size_t begin, std::size_t end) {
      if (left == 1) {
        fold_chunks(&batch_[begin * chunk], weights[0], end - begin, &folded_[begin]);
        return;
      }
      std::vector<Fp4> values(end - begin);
      for (std::size_t j = 0; j < left; ++j) {
        fold_chunks(&batch_[begin * chunk], weights[j], end - begin, values.data());
        for (std::size_t x = begin; x < end; ++x) folded_[x * left + j] = values[x - begin];
      }
    });
    // The moments over the skip domain are scale * eq, and an eq table sums to 1.
    Fp4 scale;
    for (const Fp4& moment : moments_) scale += moment;
    const std::size_t size = folded_.size();
    const std::span<Fp4> room = domain_rounds_ == 0 ? spare_.span() : batch_.span();
    moments_ = room.first(size);
    other_moments_ = room.subspan(size, size / 2);
    other_coefficients_ = room.subspan(size + size / 2, size / 2);
    fill_eq_table(context_, std::span(point_).subspan(domain_rounds_), scale, moments_);
    coefficients_ = folded_.span();
  }

  /// [j][z]: the factor of value z of a chunk in its coefficient j after the folds so far.
  std::vector<std::vector<Fp4>> folded_message_weights() const {
    const std::size_t chunk = std::size_t{1} << context_.l_skip();
    std::vector<Fp4> monomials = {Fp4::one()};  // of the challenges, lowest in the lowest bit
    for (const Fp4& alpha : alphas_) {
      for (std::size_t i = 0, size = monomials.size(); i < size; ++i) {
        monomials.push_back(monomials[i] * alpha);
      }
    }
    std::vector<std::vector<Fp4>> weights(chunk >> domain_rounds_, std::vector<Fp4>(chunk));
    for (std::size_t z = 0; z < chunk; ++z) {
      std::vector<Fp> message(chunk);
      message[z] = Fp::one();
      evaluations_to_message(std::span(message), context_.l_skip());
      for (std::size_t v = 0; v < chunk; ++v) {
        weights[v >> domain_rounds_][z] += monomials[v & (monomials.size() - 1)] * message[v];
      }
    }
    return weights;
  }

  /// moments[v] += sum over terms of factor * z^v, v = low + kLow * high: the columns z^low, with
  /// weights factor * z^(kLow high).
  void add_base_powers(std::span<const BaseTerm> terms) {
    const std::size_t block = std::min<std::size_t>(moments_.size(), 512);
    std::vector<Fp> low(terms.size() * block), steps(terms.size());
    context_.parallel.ranges(terms.size(), 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t q = begin; q < end; ++q) {
        Fp power = Fp::one();
        for (std::size_t i = 0; i < block; ++i, power *= terms[q].z) low[q * block + i] = power;
        steps[q] = power;
      }
    });
    const std::size_t num_blocks = moments_.size() / block;
    context_.parallel.ranges(num_blocks, num_blocks / 64 + 1,
                             [&](std::size_t begin, std::size_t end) {
                               ColumnCombiner combiner;
                               std::vector<Fp4> weights, sums(block);
                               for (std::size_t q = 0; q < terms.size(); ++q) {
                                 weights.push_back(terms[q].factor * steps[q].pow(begin));
                               }
                               for (std::size_t i = begin; i < end; ++i) {
                                 combiner.begin(block);
                                 for (std::size_t q = 0; q < terms.size(); ++q) {
                                   combiner.add(&low[q * block], weights[q]);
                                   weights[q] *= steps[q];
                                 }
                                 combiner.finish(sums.data());
                                 for (std::size_t j = 0; j < block; ++j)
                                   moments_[i * block + j] += sums[j];
                               }
                             });
  }

  Arena::Scope scope_;
  Arena& arena_;
  const Context& context_;
  std::vector<const Commitment*> commitments_;
  std::vector<Fp4> point_, alphas_;
  unsigned domain_rounds_;
  Buffer<Fp4> batch_;   ///< values of the batched column; then room for the other tables
  Buffer<Fp4> folded_;  ///< coefficients after the rounds over the skip domain
  Buffer<Fp4> spare_;   ///< room for the other tables if there are no such rounds
  std::vector<Fp4> domain_coefficients_, domain_moments_;
  std::span<Fp4> coefficients_, moments_, other_coefficients_, other_moments_;
  std::vector<std::unique_ptr<Oracle>> oracles_;
  WhirOpenings openings_;
};

}  // namespace

std::size_t whir_opener_bytes(unsigned l_skip, unsigned log_stacked_height, unsigned k) {
  const unsigned rounds = bound_on_domain(l_skip, k);
  const std::size_t size = std::size_t{1} << log_stacked_height;
  return Arena::bytes_of<Fp4>(size) + Arena::bytes_of<Fp4>(size >> rounds) +
         (rounds == 0 ? Arena::bytes_of<Fp4>(2 * size) : 0);
}

std::unique_ptr<WhirOpener> make_whir_opener(const Context& context, Arena& arena,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point) {
  return std::make_unique<CpuWhirOpener>(context, arena, commitments, mu, point);
}

}  // namespace gyre::cpu

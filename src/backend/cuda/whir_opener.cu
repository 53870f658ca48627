#include <algorithm>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "backend/cuda/commitment.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/encode.h"
#include "backend/cuda/eq_tables.h"
#include "backend/cuda/oracle.h"
#include "backend/cuda/whir_batch.h"
#include "backend/cuda/whir_tables.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cuda {
namespace {

struct WhirSizes {
  unsigned l_skip, log_height;
  /// How many of the skip domain's variables WHIR's first round binds.
  unsigned domain_rounds;
  std::size_t num_matrices = 0, width = 0;  ///< of all commitments
  std::size_t max_blocks;                   ///< of sums over the tables

  WhirSizes(const Context& context, std::span<const StackedLayout* const> layouts)
      : l_skip(context.l_skip()),
        log_height(context.params.log_stacked_height()),
        domain_rounds(std::min(l_skip, context.k())),
        max_blocks(max_moment_blocks(context.device.multiprocessors)) {
    for (const StackedLayout* layout : layouts) {
      num_matrices += layout->matrix_starts().size();
      width += layout->width();
    }
  }
  /// Coefficients when the rounds on the skip domain are over.
  std::size_t folded_size() const { return std::size_t{1} << (log_height - domain_rounds); }
};

/// The memory of the phase, but for the oracles.
struct WhirMemory {
  DeviceSpan<StackedRun> runs;
  DeviceSpan<unsigned> first_runs;
  DeviceSpan<Fp4> column_weights;
  DeviceSpan<Fp4> batch;   ///< values of the batched column; then room for the other tables
  DeviceSpan<Fp4> folded;  ///< first weights of rows; then coefficients after the skip domain
  DeviceSpan<Fp4> spare;   ///< room for the other tables if there are no rounds on the skip domain
  DeviceSpan<Fp4> partial_sums, domain_sums, message_weights;
  DeviceSpan<Fp4> round_partial, round_result;
  DeviceSpan<unsigned> counter;

  /// visit(span, count) for each.
  template <class Visit>
  void each(const WhirSizes& sizes, Visit&& visit) {
    const std::size_t size = std::size_t{1} << sizes.log_height;
    const std::size_t domain = std::size_t{1} << sizes.l_skip;
    visit(runs, sizes.num_matrices);
    visit(first_runs, sizes.width);
    visit(column_weights, sizes.width);
    visit(batch, size);
    visit(folded, sizes.folded_size());
    visit(spare, sizes.domain_rounds == 0 ? 2 * size : 0);
    visit(partial_sums, domain * num_batch_blocks(sizes.log_height));
    visit(domain_sums, domain);
    visit(message_weights, domain * (domain >> sizes.domain_rounds));
    visit(round_partial, 2 * sizes.max_blocks);
    visit(round_result, 2);
    visit(counter, 1);
  }
};

/// A folded polynomial's codeword and its tree.
struct FoldedOracle {
  FoldedOracle(Work& work, DeviceSpan<const Fp4> coefficients, const CodewordShape& shape)
      : codeword(work.arena.take<Fp>(shape.width << shape.log_rows())) {
    Encoder(work, coefficients, shape.log_blowup)
        .encode(0, shape.width, 0, 1u << shape.log_blowup, codeword);
    DeviceCodeword view;
    view.log_message = shape.log_message;
    view.log_blowup = shape.log_blowup;
    view.values = codeword.data;
    view.width = shape.width;
    oracle = std::make_unique<DeviceOracle>(work, view, shape.k);
  }
  static std::size_t retained_bytes(const CodewordShape& shape) {
    return DeviceArena::bytes_of<Fp>(shape.width << shape.log_rows()) +
           DeviceOracle::retained_bytes(shape);
  }

  DeviceSpan<Fp> codeword;
  std::unique_ptr<DeviceOracle> oracle;
};

CodewordShape folded_shape(unsigned log_message, unsigned log_domain, unsigned k) {
  return {.log_message = log_message,
          .log_blowup = log_domain - log_message,
          .width = Fp4::kDegree,
          .k = k};
}

/// Coefficients c of the polynomial and moments A[v] = sum of the weight over the cube points above
/// v: their inner product is the claim. Spec 07, section 9.
///
/// At first A = eq(u, .), a product over the variables. So while variables of the skip domain are
/// bound, the row variables may be summed over beforehand, and tables over the skip domain alone,
/// which the host has, take part in the rounds; each folded coefficient is then an inner product of
/// a chunk.
class DeviceWhirOpener : public WhirOpener {
 public:
  DeviceWhirOpener(Work& work, std::span<const Commitment* const> commitments,
                   std::span<const StackedLayout* const> layouts, const Fp4& mu,
                   std::span<const Fp4> point)
      : scope_(work.arena),
        work_(work),
        queue_(work.queue),
        sizes_(work.context, layouts),
        point_(point.begin(), point.end()) {
    memory_.each(sizes_, [&]<class T>(DeviceSpan<T>& span, std::size_t count) {
      span = work.arena.take<T>(count);
    });
    queue_.fill_zero(memory_.counter.data, sizeof(unsigned));
    batch(commitments, mu);
    unit_messages_ = unit_messages(sizes_.l_skip);
    if (sizes_.domain_rounds == 0) {
      leave_domain();
      return;
    }
    domain_coefficients_ = queue_.download(memory_.domain_sums);
    evaluations_to_message(std::span(domain_coefficients_), sizes_.l_skip);
    domain_moments_ = eq_table(point.first(sizes_.l_skip));
  }

  std::array<Fp4, 2> round() override {
    if (on_domain()) return domain_round();
    const unsigned multiprocessors = work_.context.device.multiprocessors;
    const GridSums sums = grid_memory();
    if (pending_) {
      fold_and_round(queue_, multiprocessors, tables_, *pending_, other_tables_, size_ / 2, sums);
      swap_tables();
    } else {
      moment_round(queue_, multiprocessors, tables_, size_ / 2, sums);
    }
    std::array<Fp4, 2> result;
    queue_.download_bytes(result.data(), sums.result, sizeof result);
    return result;
  }

  /// A table on the device waits for the next round, which folds before it sums.
  void fold(const Fp4& challenge) override {
    if (on_domain()) {
      fold_domain(challenge);
      if (!on_domain()) leave_domain();
      return;
    }
    fold_pending();
    pending_ = challenge;
    size_ /= 2;
  }

  Digest commit_folded(unsigned log_domain) override {
    fold_pending();
    const auto log_message = static_cast<unsigned>(std::countr_zero(size_));
    oracles_.push_back(
        std::make_unique<FoldedOracle>(work_, DeviceSpan<const Fp4>(tables_.coefficients, size_),
                                       folded_shape(log_message, log_domain, work_.context.k())));
    return oracles_.back()->oracle->root();
  }

  Fp4 evaluate(const Fp4& z) override {
    fold_pending();
    evaluate_at(queue_, {tables_.coefficients, size_}, z, grid_memory());
    Fp4 result;
    queue_.download_bytes(&result, memory_.round_result.data, sizeof result);
    return result;
  }

  std::vector<Fp4> final_polynomial() override {
    fold_pending();
    return queue_.download(DeviceSpan<Fp4>(tables_.coefficients, size_));
  }

  std::vector<LeafOpening<Fp4>> open(unsigned round,
                                     std::span<const std::size_t> indices) override {
    std::vector<LeafOpening<Fp4>> openings;
    for (OpenedLeaf& leaf : oracles_[round - 1]->oracle->open(indices)) {
      auto& opening = openings.emplace_back();
      opening.path = std::move(leaf.path);
      for (std::size_t i = 0; i < leaf.rows.size(); i += Fp4::kDegree) {
        opening.rows.emplace_back(leaf.rows[i], leaf.rows[i + 1], leaf.rows[i + 2],
                                  leaf.rows[i + 3]);
      }
    }
    return openings;
  }

  /// factor * eq(., pow(z)) has the moments factor * z^v.
  void add_weight(std::span<const WeightTerm> terms) override {
    fold_pending();
    add_moments(queue_, work_.arena, terms, {tables_.moments, size_});
  }

 private:
  bool on_domain() const { return alphas_.size() < sizes_.domain_rounds; }

  GridSums grid_memory() const {
    return {.partial = memory_.round_partial.data,
            .counter = memory_.counter.data,
            .result = memory_.round_result.data};
  }

  /// batch = sum over stacked columns of mu^J column_J, straight from the traces.
  void batch(std::span<const Commitment* const> commitments, const Fp4& mu) {
    std::vector<StackedRun> runs;
    std::vector<unsigned> first_runs;
    for (const Commitment* each : commitments) {
      const auto& commitment = static_cast<const DeviceCommitment&>(*each);
      append_runs(commitment.layout(), commitment.matrices(), runs, first_runs);
    }
    queue_.upload(memory_.runs, runs);
    queue_.upload(memory_.first_runs, first_runs);
    queue_.upload(memory_.column_weights, powers(mu, sizes_.width));
    const std::span<const Fp4> row_point = std::span<const Fp4>(point_).subspan(sizes_.l_skip);
    fill_eq_table(queue_, row_point, Fp4::one(), memory_.folded.data);
    MessageSource source;
    source.log_height = sizes_.log_height;
    source.runs = memory_.runs.data;
    source.first_runs = memory_.first_runs.data;
    source.num_runs = static_cast<unsigned>(runs.size());
    batch_columns(queue_, {.source = source,
                           .weights = memory_.column_weights.data,
                           .width = sizes_.width,
                           .l_skip = sizes_.l_skip,
                           .eq = memory_.folded.data,
                           .batch = memory_.batch.data,
                           .partial_sums = memory_.partial_sums.data,
                           .sums = memory_.domain_sums.data});
  }

  std::array<Fp4, 2> domain_round() const {
    std::array<Fp4, 2> sums;
    for (std::size_t i = 0; i < domain_moments_.size(); i += 2) {
      const Fp4 &c0 = domain_coefficients_[i], &c1 = domain_coefficients_[i + 1];
      const Fp4 &a0 = domain_moments_[i], &a1 = domain_moments_[i + 1];
      sums[0] += (c0 + c1) * a1;
      sums[1] += (c0 + c1.doubled()) * (a1.doubled() + a1 - a0);
    }
    return sums;
  }

  void fold_domain(const Fp4& challenge) {
    alphas_.push_back(challenge);
    const std::size_t half = domain_moments_.size() / 2;
    for (std::size_t i = 0; i < half; ++i) {
      const Fp4 c0 = domain_coefficients_[2 * i], c1 = domain_coefficients_[2 * i + 1];
      const Fp4 a0 = domain_moments_[2 * i], a1 = domain_moments_[2 * i + 1];
      domain_coefficients_[i] = c0 + challenge * c1;
      domain_moments_[i] = a0 - a1 + challenge * (a1.doubled() - a0);
    }
    domain_coefficients_.resize(half);
    domain_moments_.resize(half);
  }

  /// The skip domain's variables that this round binds are bound: the tables over all variables
  /// that are left.
  void leave_domain() {
    const std::size_t left = (std::size_t{1} << sizes_.l_skip) >> sizes_.domain_rounds;
    size_ = sizes_.folded_size();
    queue_.upload(memory_.message_weights, folded_message_weights());
    fold_batch(queue_, sizes_.l_skip, left, size_ / left, memory_.message_weights.data,
               memory_.batch.data, memory_.folded.data);
    // The moments over the skip domain are scale * eq, and an eq table sums to 1.
    Fp4 scale = sizes_.domain_rounds == 0 ? Fp4::one() : Fp4();
    for (const Fp4& moment : domain_moments_) scale += moment;
    Fp4* const room = sizes_.domain_rounds == 0 ? memory_.spare.data : memory_.batch.data;
    tables_ = {.coefficients = memory_.folded.data, .moments = room};
    other_tables_ = {.coefficients = room + size_ + size_ / 2, .moments = room + size_};
    fill_eq_table(queue_, std::span<const Fp4>(point_).subspan(sizes_.domain_rounds), scale,
                  tables_.moments);
  }

  /// At z * 2^l_skip + v: message v of the chunk that is 1 at z and 0 elsewhere.
  static std::vector<Fp> unit_messages(unsigned l_skip) {
    const std::size_t chunk = std::size_t{1} << l_skip;
    std::vector<Fp> messages(chunk * chunk);
    for (std::size_t z = 0; z < chunk; ++z) messages[z * chunk + z] = Fp::one();
    evaluations_to_message(std::span(messages), l_skip);
    return messages;
  }

  /// At j * 2^l_skip + z: the factor of value z of a chunk in its coefficient j after the folds so
  /// far.
  std::vector<Fp4> folded_message_weights() const {
    const std::size_t chunk = std::size_t{1} << sizes_.l_skip;
    std::vector<Fp4> monomials = {Fp4::one()};  // of the challenges, lowest in the lowest bit
    for (const Fp4& alpha : alphas_) {
      for (std::size_t i = 0, size = monomials.size(); i < size; ++i) {
        monomials.push_back(monomials[i] * alpha);
      }
    }
    std::vector<Fp4> weights(chunk * (chunk >> sizes_.domain_rounds));
    for (std::size_t z = 0; z < chunk; ++z) {
      for (std::size_t v = 0; v < chunk; ++v) {
        weights[(v >> sizes_.domain_rounds) * chunk + z] +=
            monomials[v & (monomials.size() - 1)] * unit_messages_[z * chunk + v];
      }
    }
    return weights;
  }

  void swap_tables() {
    std::swap(tables_, other_tables_);
    pending_.reset();
  }
  void fold_pending() {
    if (!pending_) return;
    fold_moments(queue_, tables_, *pending_, other_tables_, size_);
    swap_tables();
  }

  DeviceArena::Scope scope_;
  Work& work_;
  Queue& queue_;
  WhirSizes sizes_;
  WhirMemory memory_;
  std::vector<Fp4> point_;
  std::vector<Fp4> alphas_;  ///< challenges of the rounds on the skip domain
  std::vector<Fp4> domain_coefficients_, domain_moments_;
  std::vector<Fp> unit_messages_;
  MomentTables tables_, other_tables_;
  std::size_t size_ = 0;        ///< of the tables, as they are after the pending fold
  std::optional<Fp4> pending_;  ///< challenge that they are not yet folded by
  std::vector<std::unique_ptr<FoldedOracle>> oracles_;
};

}  // namespace

std::size_t whir_bytes(const Context& context, const Workload& workload, std::size_t opening) {
  std::vector<const StackedLayout*> layouts;
  for (const Workload::Oracle& oracle : workload.commitments) layouts.push_back(oracle.layout);
  const WhirSizes sizes(context, layouts);
  std::size_t used = 0;
  WhirMemory().each(sizes, [&]<class T>(DeviceSpan<T>&, std::size_t count) {
    used += DeviceArena::bytes_of<T>(count);
  });
  std::size_t peak = used;
  const SystemParams& params = context.params;
  const unsigned num_rounds = params.num_whir_rounds();
  const unsigned log_code = sizes.log_height + static_cast<unsigned>(params.log_blowup);
  for (unsigned round = 0; round < num_rounds; ++round) {
    const auto shape = [&](unsigned made_in) {
      return folded_shape(sizes.log_height - (made_in + 1) * context.k(), log_code - made_in - 1,
                          context.k());
    };
    const std::size_t num_queries = params.whir.num_queries[round];
    std::size_t most = round == 0 ? opening : LeafCollector::bytes(shape(round - 1), num_queries);
    if (round + 1 < num_rounds) {
      const CodewordShape made = shape(round);
      used += FoldedOracle::retained_bytes(made);
      const std::size_t num_moments = std::size_t{1} << made.log_message;
      most = std::max(
          {most, DeviceOracle::scratch_bytes(made), weight_bytes(num_queries + 1, num_moments)});
    }
    peak = std::max(peak, used + most);
  }
  return peak;
}

std::unique_ptr<WhirOpener> make_whir_opener(Work& work,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point) {
  std::vector<const StackedLayout*> layouts;
  for (const Commitment* commitment : commitments) layouts.push_back(&commitment->layout());
  return std::make_unique<DeviceWhirOpener>(work, commitments, layouts, mu, point);
}

}  // namespace gyre::cuda

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

#include "backend/cuda/commitment.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/eq_tables.h"
#include "backend/cuda/whir_batch.h"
#include "backend/cuda/whir_memory.h"
#include "backend/cuda/whir_tables.h"
#include "poly/kernels.h"
#include "poly/ntt.h"

namespace gyre::cuda {
namespace {

/// Beyond, one block would search longer than the host waits for all others.
constexpr unsigned kMostPowBits = 8;

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
        commitments_(device_commitments(commitments)),
        point_(point.begin(), point.end()) {
    memory_.each(sizes_, [&]<class T>(DeviceSpan<T>& span, std::size_t count) {
      span = work.arena.take<T>(count);
    });
    queue_.fill_zero(memory_.counter.data, sizeof(unsigned));
    batch(mu);
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
    const Challenge challenge{.known = pending_.value_or(Fp4())};
    launch_round(pending_ ? &challenge : nullptr, {});
    pending_.reset();
    take_opened();
    std::array<Fp4, 2> result;
    queue_.download_bytes(result.data(), memory_.round_result.data, sizeof result);
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

  std::optional<FinishedRounds> finish_folds(unsigned count, unsigned pow_bits,
                                             DuplexState& sponge) override {
    if (on_domain() || count == 0 || pow_bits > kMostPowBits ||
        std::countr_zero(size_) > static_cast<int>(work_.context.log_whir_tail)) {
      return std::nullopt;
    }
    RoundLog log;
    log.sponge = sponge;
    queue_.upload(memory_.log, std::span(&log, 1));
    Challenge challenge{.known = pending_.value_or(Fp4())};
    for (unsigned i = 0; i < count; ++i) {
      if (i != 0) size_ /= 2;
      launch_round(i != 0 || pending_ ? &challenge : nullptr,
                   {.log = memory_.log.data, .round = i, .pow_bits = pow_bits});
      challenge.sampled = memory_.log.data->challenges + i;
    }
    take_opened();
    queue_.download_bytes(&log, memory_.log.data, sizeof log);
    FinishedRounds finished = log.rounds(0, count);
    pending_ = finished.challenges.back();
    size_ /= 2;
    sponge = log.sponge;
    return finished;
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

  void open(unsigned round, std::span<const std::size_t> indices) override {
    take_opened();
    std::vector<CodewordShape> shapes;
    if (round == 0) {
      for (const DeviceCommitment* commitment : commitments_) shapes.push_back(commitment->shape());
    } else {
      shapes.push_back(oracles_[round - 1]->shape);
    }
    opened_.emplace(work_, shapes, indices);
    if (round == 0) {
      for (std::size_t i = 0; i < commitments_.size(); ++i) {
        commitments_[i]->collect(work_, opened_->collector(i));
      }
    } else {
      oracles_[round - 1]->oracle->collect(opened_->collector(0));
    }
    opened_->begin_download();
  }

  WhirOpenings openings() override {
    take_opened();
    return std::move(openings_);
  }

  /// factor * eq(., pow(z)) has the moments factor * z^v.
  void add_weight(std::span<const WeightTerm> terms) override {
    fold_pending();
    add_moments(queue_, work_.arena, terms, {tables_.moments, size_});
  }

 private:
  static std::vector<const DeviceCommitment*> device_commitments(
      std::span<const Commitment* const> commitments) {
    std::vector<const DeviceCommitment*> result;
    for (const Commitment* commitment : commitments) {
      result.push_back(static_cast<const DeviceCommitment*>(commitment));
    }
    return result;
  }

  bool on_domain() const { return alphas_.size() < sizes_.domain_rounds; }

  GridSums grid_memory() const {
    return {.partial = memory_.round_partial.data,
            .counter = memory_.counter.data,
            .result = memory_.round_result.data};
  }

  /// The leaves of the last round that were opened, once they have come. Called when the device has
  /// other work to do.
  void take_opened() {
    if (!opened_) return;
    if (openings_.commitments.empty()) {
      for (std::size_t i = 0; i < commitments_.size(); ++i) {
        append_leaves(opened_->leaves(i), openings_.commitments.emplace_back(),
                      [](std::span<const Fp> row) { return std::vector(row.begin(), row.end()); });
      }
    } else {
      append_leaves(opened_->leaves(0), openings_.codewords.emplace_back(),
                    [](std::span<const Fp> row) { return Fp4(row[0], row[1], row[2], row[3]); });
    }
    opened_.reset();
  }

  template <class Row, class MakeRow>
  static void append_leaves(const CollectedLeaves& leaves, std::vector<LeafOpening<Row>>& openings,
                            const MakeRow& make_row) {
    openings.resize(leaves.count);
    for (std::size_t i = 0; i < leaves.count; ++i) {
      openings[i].rows.reserve(std::size_t{1} << leaves.shape.k);
      for (std::size_t t = 0; t < std::size_t{1} << leaves.shape.k; ++t) {
        openings[i].rows.push_back(make_row(leaves.row(i, t)));
      }
      openings[i].path = leaves.path(i);
    }
  }

  /// The sums of a round on the tables, first folded if there is a challenge that waits.
  void launch_round(const Challenge* challenge, const RoundStep& step) {
    const unsigned multiprocessors = work_.context.device.multiprocessors;
    if (challenge == nullptr) {
      moment_round(queue_, multiprocessors, tables_, size_ / 2, grid_memory(), step);
      return;
    }
    fold_and_round(queue_, multiprocessors, tables_, *challenge, other_tables_, size_ / 2,
                   grid_memory(), step);
    std::swap(tables_, other_tables_);
  }

  /// batch = sum over stacked columns of mu^J column_J, straight from the traces.
  void batch(const Fp4& mu) {
    std::vector<StackedRun> runs;
    std::vector<unsigned> first_runs;
    for (const DeviceCommitment* commitment : commitments_) {
      append_runs(commitment->layout(), commitment->matrices(), runs, first_runs);
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

  void fold_pending() {
    if (!pending_) return;
    fold_moments(queue_, tables_, *pending_, other_tables_, size_);
    std::swap(tables_, other_tables_);
    pending_.reset();
  }

  DeviceArena::Scope scope_;
  Work& work_;
  Queue& queue_;
  WhirSizes sizes_;
  WhirMemory memory_;
  std::vector<const DeviceCommitment*> commitments_;
  std::vector<Fp4> point_;
  std::vector<Fp4> alphas_;  ///< challenges of the rounds on the skip domain
  std::vector<Fp4> domain_coefficients_, domain_moments_;
  std::vector<Fp> unit_messages_;
  MomentTables tables_, other_tables_;
  std::size_t size_ = 0;        ///< of the tables, as they are after the pending fold
  std::optional<Fp4> pending_;  ///< challenge that they are not yet folded by
  std::vector<std::unique_ptr<FoldedOracle>> oracles_;
  std::optional<OpenedLeaves> opened_;  ///< that are not among `openings_` yet
  WhirOpenings openings_;
};

}  // namespace

std::unique_ptr<WhirOpener> make_whir_opener(Work& work,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point) {
  std::vector<const StackedLayout*> layouts;
  for (const Commitment* commitment : commitments) layouts.push_back(&commitment->layout());
  return std::make_unique<DeviceWhirOpener>(work, commitments, layouts, mu, point);
}

}  // namespace gyre::cuda

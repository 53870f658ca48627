#include "cost_model.h"

#include <algorithm>
#include <cmath>

namespace gyre::bench {

Instructions operator+(const Instructions& a, const Instructions& b) {
  return {.multiply = a.multiply + b.multiply,
          .add = a.add + b.add,
          .min = a.min + b.min,
          .shift = a.shift + b.shift,
          .shuffle = a.shuffle + b.shuffle};
}

Instructions operator*(double count, const Instructions& a) {
  return {.multiply = count * a.multiply,
          .add = count * a.add,
          .min = count * a.min,
          .shift = count * a.shift,
          .shuffle = count * a.shuffle};
}

namespace cost {

Instructions addition() {
  return {.add = 2, .min = 1};
}

// Products of the even and the odd places, their quotients, the quotients times p.
Instructions product() {
  return {.multiply = 6, .add = 3, .min = 1, .shuffle = 3};
}

// 16 products in two halves and 4 reductions.
Instructions extension_product() {
  return {.multiply = 48, .add = 36, .min = 8, .shuffle = 12};
}

// 4 products in two halves; multiples of 2^32 p taken off after every second one.
Instructions accumulation() {
  return {.multiply = 8, .add = 12, .min = 4, .shuffle = 1};
}

// y_0 = (x_0 + x_2) + (x_1 + x_3), one product by a known factor, two sums of two such products.
Instructions butterfly() {
  return 0.25 * Instructions{.multiply = 21, .add = 26, .min = 6, .shuffle = 9};
}

Instructions permutation() {
  // x^7 by four products, three of them left signed and uncorrected; the round constant added.
  const Instructions power{.multiply = 24, .add = 10, .min = 1, .shuffle = 8};
  const Instructions external_layer = 72 * addition();
  // Multiples of the diagonal by powers of 1/2 need two or three shifts instead of products.
  const Instructions internal_layer{.add = 93, .min = 40, .shift = 27};
  return 9 * external_layer + 8 * 16 * power + 13 * (power + internal_layer);
}

}  // namespace cost

Work operator+(const Work& a, const Work& b) {
  return {.additions = a.additions + b.additions,
          .products = a.products + b.products,
          .accumulations = a.accumulations + b.accumulations,
          .extension_products = a.extension_products + b.extension_products,
          .butterflies = a.butterflies + b.butterflies,
          .permutations = a.permutations + b.permutations,
          .bytes = a.bytes + b.bytes};
}

Bound bound(const Work& work, const Ceilings& c) {
  const Instructions all =
      (1 / c.lanes) *
      (work.additions * cost::addition() + work.products * cost::product() +
       work.accumulations * cost::accumulation() +
       work.extension_products * cost::extension_product() + work.butterflies * cost::butterfly() +
       work.permutations * cost::permutation());
  const double min_or_shift = std::max({c.min, c.shift, c.min_shift});
  const double any = std::max({c.multiply, c.add, c.shuffle, c.mixed, min_or_shift});
  return {.arithmetic = std::max({all.multiply / c.multiply, all.shuffle / c.shuffle,
                                  all.min / c.min, all.shift / c.shift,
                                  (all.min + all.shift) / min_or_shift, all.total() / any}),
          .memory = work.bytes / c.bytes};
}

AirShape keccak_air(double rows) {
  return {.rows = rows,
          .columns = 2633,
          .rotated_columns = 224,
          .node_products = 10'221,
          .node_sums = 26'189,
          .constraints = 3182,
          .degree = 3};
}

namespace {

double power_of_2(double exponent) {
  return std::exp2(exponent);
}
constexpr double kDigestBytes = 32, kExtensionBytes = 16;
constexpr double kPermutationRate = 8;  ///< elements that one permutation absorbs

}  // namespace

ProofWork::ProofWork(const SystemParams& params, const AirShape& air)
    : params_(params),
      air_(air),
      cells_(air.rows * air.columns),
      width_(std::ceil(cells_ / power_of_2(params.log_stacked_height()))) {}

// A transform of l points and its inverse's subset sums fused, then 2^b transforms of the message,
// all but one after a twist: pass 1 reads the trace and writes the codeword, pass 2 reads and
// writes that.
Work ProofWork::encode() const {
  const double stacked = width_ * power_of_2(params_.log_stacked_height());
  const double codes = power_of_2(static_cast<double>(params_.log_blowup));
  const double stages =
      codes * params_.log_stacked_height() / 2 + static_cast<double>(params_.l_skip) / 2;
  return {.products = (codes - 1) * stacked,
          .butterflies = stages * stacked,
          .bytes = (4 + 12 * codes) * stacked};
}

Work ProofWork::tree() const {
  const double rows = power_of_2(params_.log_stacked_height() + params_.log_blowup);
  return {.permutations = rows * std::ceil(width_ / kPermutationRate) + rows - 1,
          .bytes = 4 * width_ * rows + 2 * kDigestBytes * rows};
}

Work ProofWork::logup() const {
  return {.permutations = power_of_2(static_cast<double>(params_.logup.pow_bits))};
}

// An inverse transform of each block of 2^l rows and one transform per coset; the DAG at every
// point of degree - 1 cosets, and lambda^i times each constraint.
Work ProofWork::round0() const {
  const double cosets = air_.degree - 1, points = cosets * air_.rows;
  return {.additions = air_.node_sums * points,
          .products = cosets * cells_ + air_.node_products * points,
          .accumulations = air_.constraints * points,
          .butterflies = (1 + cosets) * static_cast<double>(params_.l_skip) / 2 * cells_,
          .bytes = 4 * cells_};
}

Work ProofWork::fold_prism() const {
  const double tables = air_.columns + air_.rotated_columns;
  return {.accumulations = tables * air_.rows,
          .bytes = 4 * cells_ + kExtensionBytes * tables * air_.rows / skip()};
}

// The DAG in E at `degree` points per pair of rows, so degree * rows / 2^l times in all; tables
// that halve, read to evaluate and to fold and written again.
Work ProofWork::multilinear_rounds() const {
  const double folded_rows = air_.rows / skip(), points = air_.degree * folded_rows;
  const double tables = air_.columns + air_.rotated_columns;
  return {
      .additions = 4 * air_.node_sums * points,
      .extension_products = (air_.node_products + air_.constraints) * points + tables * folded_rows,
      .bytes = 4 * kExtensionBytes * tables * folded_rows};
}

// Every cell once into the sums of its group, and once into the openings.
Work ProofWork::stacked_reduction() const {
  return {.accumulations = 2 * cells_, .bytes = 2 * 4 * cells_};
}

// The columns summed; sumchecks of tables of coefficients and of weights that halve.
Work ProofWork::whir_sums() const {
  const double size = power_of_2(params_.log_stacked_height());
  return {.accumulations = cells_,
          .extension_products = 8 * size,
          .bytes = 4 * cells_ + 12 * kExtensionBytes * size};
}

// Each new code as four base-field transforms of the message per coset.
Work ProofWork::whir_encode() const {
  double log_message = params_.log_stacked_height();
  double log_code = log_message + static_cast<double>(params_.log_blowup);
  Work work;
  for (unsigned round = 1; round < params_.num_whir_rounds(); ++round) {
    log_message -= static_cast<double>(params_.whir.k);
    log_code -= 1;
    work.butterflies += 4 * power_of_2(log_code) / 2 * log_message;
    work.bytes += kExtensionBytes * power_of_2(log_code);
  }
  return work;
}

// One permutation per row of four elements, then the tree.
Work ProofWork::whir_trees() const {
  Work work;
  double rows = power_of_2(params_.log_stacked_height() + params_.log_blowup);
  for (unsigned round = 1; round < params_.num_whir_rounds(); ++round) {
    rows /= 2;
    work.permutations += 2 * rows - 1;
    work.bytes += (kExtensionBytes + 2 * kDigestBytes) * rows;
  }
  return work;
}

Work ProofWork::whir_grinding() const {
  const auto& whir = params_.whir;
  const auto tests = [](std::uint64_t bits) { return power_of_2(static_cast<double>(bits)); };
  return {.permutations = tests(whir.mu_pow_bits) +
                          params_.num_whir_rounds() * tests(whir.query_phase_pow_bits) +
                          params_.num_whir_sumcheck_rounds() * tests(whir.folding_pow_bits)};
}

std::vector<Phase> ProofWork::phases() const {
  const std::string root = "stark_prove_excluding_trace";
  const std::string commit = root + "/prover.main_trace_commit";
  const std::string rap = root + "/prover.rap_constraints";
  const std::string openings = root + "/prover.openings";
  const Work rounds = fold_prism() + multilinear_rounds();
  const Work whir = whir_sums() + whir_encode() + whir_trees() + whir_grinding();
  return {{root, encode() + tree() + logup() + round0() + rounds + stacked_reduction() + whir},
          {commit, encode() + tree()},
          {commit + "/rs_code_matrix", encode()},
          {commit + "/merkle_tree", tree()},
          {rap, logup() + round0() + rounds},
          {rap + "/prover.rap_constraints.logup_gkr", logup()},
          {rap + "/prover.rap_constraints.round0", round0()},
          {rap + "/prover.rap_constraints.mle_rounds", rounds},
          {openings, stacked_reduction() + whir},
          {openings + "/prover.openings.stacked_reduction", stacked_reduction()},
          {openings + "/prover.openings.whir", whir},
          {openings + "/prover.openings.whir/rs_code_matrix", whir_encode()},
          {openings + "/prover.openings.whir/merkle_tree", whir_trees()}};
}

}  // namespace gyre::bench

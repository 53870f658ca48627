#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gyre/field/fp4.h"
#include "gyre/hash/scheme.h"
#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"
#include "gyre/stacking/layout.h"
#include "gyre/transcript/transcript.h"

namespace gyre {

/// What prover and verifier derive alike from the key and the heights of the present traces: trace
/// order, sizes, commitment and column order, and the transcript's preamble.

/// A present trace.
struct SortedTrace {
  std::size_t air_index = 0;  ///< in key order
  const AirVerifyingKey* air = nullptr;
  unsigned log_height = 0;
  int n = 0;                       ///< log_height - l_skip; negative for a trace below 2^l_skip
  unsigned n_lifted = 0;           ///< max(n, 0)
  unsigned log_lifted_height = 0;  ///< l_skip + n_lifted = max(log_height, l_skip)

  /// Parts in the order of the openings: common main, preprocessed, cached mains.
  std::size_t num_parts() const {
    return 1 + (air->width.preprocessed ? 1 : 0) + air->num_cached_mains();
  }
  /// Columns of a part. Requires part < num_parts().
  std::size_t part_width(std::size_t part) const;
};

/// Where the fractions of one interaction lie among the leaves of the LogUp tree. Spec 04,
/// section 3.
struct InteractionBlock {
  std::size_t trace = 0;        ///< index in Statement::traces
  std::size_t interaction = 0;  ///< index in the AIR's interactions
  std::uint64_t offset = 0;     ///< first leaf; a multiple of the length
  unsigned log_length = 0;      ///< the trace's log_lifted_height
};

/// The present traces in sorted order (height descending, AIR index ascending) and the sizes of
/// spec 04, section 2. Keeps pointers into the key.
struct Statement {
  const SystemParams* params = nullptr;
  std::vector<SortedTrace> traces;
  std::uint64_t num_leaves = 0;  ///< sum of interactions * 2^log_lifted_height, without padding
  unsigned num_gkr_layers = 0;   ///< bit length of num_leaves
  unsigned n_logup = 0;          ///< num_gkr_layers - l_skip; 0 without interactions
  unsigned n_max = 0;            ///< n_lifted of the tallest trace
  unsigned n_global = 0;         ///< max(n_max, n_logup)

  /// Requires trace_vdata.size() == key.per_air.size() and heights of at most
  /// l_skip + n_stack <= 27.
  Statement(const VerifyingKey& key, std::span<const std::optional<TraceVerifierData>> trace_vdata);

  unsigned l_skip() const { return static_cast<unsigned>(params->l_skip); }
  unsigned n_stack() const { return static_cast<unsigned>(params->n_stack); }
  unsigned max_constraint_degree() const {
    return static_cast<unsigned>(params->max_constraint_degree);
  }
  /// Coefficients of the batch-constraint univariate: (d + 1)(2^l_skip - 1) + 1.
  std::uint64_t num_batch_univariate_coefficients() const;
  /// Coefficients of the stacking univariate: 2 (2^l_skip - 1) + 1.
  std::uint64_t num_stacking_univariate_coefficients() const;
  /// 1 + sum over traces of preprocessed and cached parts.
  std::size_t num_commitments() const;
};

/// Whether the present heights satisfy sum of coefficient * 2^log_lifted_height < threshold.
/// Spec 02, section 5.4.
bool satisfies(const Statement& statement, const LinearConstraint& constraint);

/// The blocks of all interactions, by trace and interaction.
std::vector<InteractionBlock> interaction_blocks(const Statement& statement);

/// eq(xi[log_length .. l_skip + n_logup), bits of the block's number): the weight of the block in
/// the claims at xi. Spec 04, section 8.
Fp4 interaction_weight(const Statement& statement, const InteractionBlock& block,
                       std::span<const Fp4> xi);

/// One matrix of a commitment: a part of a trace.
struct CommittedPart {
  std::size_t trace = 0;  ///< index in Statement::traces
  std::size_t part = 0;   ///< in the order of the openings
};

/// A commitment of the proof. The common main holds part 0 of every trace; every other commitment
/// exactly one part. `layout` numbers its matrices like `parts`.
struct StackedCommitment {
  std::vector<CommittedPart> parts;
  StackedLayout layout;
};

/// All commitments in commitment order: common main, then per trace preprocessed, cached mains.
/// Spec 03, section 6.3. Allocates for every column: bound the widths first.
std::vector<StackedCommitment> stacked_commitments(const Statement& statement);

/// Roots in commitment order; the preprocessed ones come from the key.
std::vector<Digest> commitment_roots(const Statement& statement, const Digest& common_main_commit,
                                     std::span<const std::optional<TraceVerifierData>> trace_vdata);

/// Opening claims of one column at the batch-constraint point.
struct ColumnClaim {
  Fp4 value;
  Fp4 rotated;  ///< of the next row; zero if the AIR never reads it
};

/// The claims of all columns in commitment and layout order: part 0 of every trace, then per trace
/// its other parts. `column_openings` is the list of the proof.
std::vector<ColumnClaim> column_claims(
    const Statement& statement, std::span<const std::vector<std::vector<Fp4>>> column_openings);

/// Observes value and rotated value of every column, in order.
void observe_column_claims(Transcript& transcript, std::span<const ColumnClaim> claims);

/// Key, commitments, heights and public values. Spec 08, V4; marks "preamble_end".
void observe_preamble(Transcript& transcript, const VerifyingKey& key,
                      const Digest& common_main_commit,
                      std::span<const std::optional<TraceVerifierData>> trace_vdata,
                      std::span<const std::vector<Fp>> public_values);

/// What the LogUp GKR leaves to the batch-constraint sumcheck. Spec 04, section 8.
struct GkrClaim {
  Fp4 alpha, beta;
  Fp4 numerator, denominator;  ///< of all leaves, at xi
  std::vector<Fp4> xi;         ///< l_skip + n_global coordinates
};

/// What the batch-constraint sumcheck leaves to the stacked reduction: the values of all columns at
/// the prism point r = (r_0, ..., r_n_max), of which a trace uses its first 1 + n_lifted
/// coordinates.
struct OpeningClaims {
  std::vector<Fp4> r;
  std::vector<ColumnClaim> columns;  ///< as column_claims orders them
};

/// The part of r that a trace of log height l_skip + n sees. For n < 0 its group has only
/// 2^(l_skip + n) points and the univariate coordinate is r_0^(2^-n). Spec 06, section 1.
struct TracePoint {
  unsigned log_order = 0;        ///< of the group of the univariate coordinate
  std::vector<Fp4> coordinates;  ///< 1 + max(n, 0)
};
TracePoint trace_point(unsigned l_skip, int n, std::span<const Fp4> r);

/// (u_0^(2^0), ..., u_0^(2^(l_skip - 1)), u_1, ..., u_n_stack): the multilinear point of the
/// stacked columns that stands for the prism point u. Spec 07, section 4.
std::vector<Fp4> whir_point(unsigned l_skip, std::span<const Fp4> u);

}  // namespace gyre

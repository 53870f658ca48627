#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gyre/backend/devices.h"
#include "gyre/backend/memory_plan.h"
#include "gyre/field/fp4.h"
#include "gyre/hash/grinding.h"
#include "gyre/hash/scheme.h"
#include "gyre/keys/verifying_key.h"
#include "gyre/matrix.h"
#include "gyre/proof/proof.h"
#include "gyre/stacking/layout.h"
#include "gyre/traces.h"

namespace gyre {

/// The arithmetic of a proof, without the protocol: five phase objects that take challenges and
/// return small host values. Traces, codewords and tables stay inside. Points are given lowest
/// variable first; all lists "per trace" are in the order of the traces given.
/// A phase object is used by one thread; different ones may run concurrently.

/// One present trace. The views must outlive the phase objects made from it.
struct TraceInput {
  std::size_t air_index = 0;  ///< position in the loaded key
  const AirVerifyingKey* air = nullptr;
  unsigned log_height = 0;
  std::vector<MatrixView> main_parts;  ///< as the DAG numbers them: cached mains, common main
  MatrixView preprocessed;             ///< width 0 when there is none
  std::span<const Fp> public_values;
};

/// Rows of one Merkle leaf and the path to the root. Spec 03, section 6.3.
template <class T>
struct LeafOpening {
  std::vector<T> rows;  ///< 2^k of them
  MerklePath path;
};

/// A stacked, encoded and Merkle-hashed list of matrices. Spec 03. Immutable, shareable.
class Commitment {
 public:
  virtual ~Commitment() = default;
  virtual Digest root() const = 0;
  virtual const StackedLayout& layout() const = 0;
};

/// Where the fractions of one interaction lie among the leaves. Spec 04, section 3.
struct FractionBlock {
  std::size_t trace = 0, interaction = 0;
  std::size_t offset = 0;  ///< first leaf
};

/// The binary tree of fraction sums over the LogUp leaves count / fingerprint. Spec 04.
/// Layer j has 2^j nodes. Call order: root, first_layer, then for j = 2.. begin_layer(j),
/// j - 1 times round and fold, claims.
class FractionTree {
 public:
  virtual ~FractionTree() = default;
  struct Fraction {
    Fp4 numerator, denominator;
  };
  virtual Fraction root() const = 0;
  /// The two nodes of layer 1.
  virtual GkrLayerClaims first_layer() const = 0;
  /// Starts the sumcheck over the parents of layer `layer`, weighted by eq(xi, .), of
  /// p0 q1 + p1 q0 + lambda q0 q1. |xi| = layer - 1.
  virtual void begin_layer(unsigned layer, std::span<const Fp4> xi, const Fp4& lambda) = 0;
  /// Round polynomial at 1, 2, 3. `claim` is its value at 0 plus its value at 1, which an
  /// implementation may use in place of computing the value at 0.
  virtual std::array<Fp4, 3> round(const Fp4& claim) = 0;
  virtual void fold(const Fp4& challenge) = 0;
  virtual GkrLayerClaims claims() const = 0;

  /// The last part of a layer's sumcheck.
  struct LayerRest {
    std::vector<std::array<Fp4, 3>> round_polynomials;
    std::vector<Fp4> challenges;
    GkrLayerClaims claims;
  };
  /// For implementations that can go on without the host: all rounds that are left, and the claims.
  /// In `sponge` observes each round polynomial and samples its challenge, then observes p0, q0, p1
  /// and q1. `claim` as in `round`. Nothing, and nothing is changed, where the next round is to be
  /// done by `round`.
  virtual std::optional<LayerRest> finish_layer(const Fp4& /*claim*/, DuplexState& /*sponge*/) {
    return std::nullopt;
  }
};

/// Spec 05, section 3; the factors nu_t, mu^i and the eq factors outside of the sums belong to the
/// protocol.
struct ConstraintSumcheckInput {
  std::span<const TraceInput> traces;
  std::vector<std::vector<Fp4>> interaction_weights;  ///< w_{t,i} per trace and interaction
  std::vector<Fp4> xi;                                ///< l_skip + n_global coordinates
  Fp4 beta, lambda;
};

/// Coefficients (ascending, trailing zeros allowed) of the sums over the row bits of a trace:
/// of count, of the message fingerprint without alpha, and of the constraints. Spec 05: P_t / nu_t,
/// Q_t, V_t.
struct TraceRoundPolynomials {
  std::vector<Fp4> numerator, denominator, zerocheck;
};

/// Factors of the three parts of a trace from round 1 on.
struct TraceWeights {
  Fp4 numerator, denominator, zerocheck;
};

/// Takes the openings of neighbouring columns of a part of a trace, parts in the order of the
/// openings: [column (, rotation)], whole columns.
using OpeningSink =
    std::function<void(std::size_t trace, std::size_t part, std::span<const Fp4> values)>;

/// The batched zerocheck and LogUp input layer. Spec 05. Call order: round0, fold_prism, then
/// n_max times round and fold; finished_value(t) and openings when their tables have one entry.
class ConstraintSumcheck {
 public:
  virtual ~ConstraintSumcheck() = default;
  virtual std::vector<TraceRoundPolynomials> round0() = 0;
  virtual void fold_prism(const Fp4& r0, std::span<const TraceWeights> weights) = 0;
  /// sum over running traces t (with row bits left) of
  /// sum_y eq(xi_t[rest], y) * (weighted numerator + denominator + zerocheck at (r.., X, y))
  /// for X = first, first + 1, ..., max_constraint_degree.
  virtual std::vector<Fp4> round(unsigned first) = 0;
  virtual void fold(const Fp4& challenge) = 0;
  /// The weighted sum at the point of a trace without row bits left.
  virtual Fp4 finished_value(std::size_t trace) = 0;

  /// What a round begins with. Spec 05, section 4.
  struct RoundClaim {
    Fp4 value;     ///< the round polynomial at 0 plus that at 1
    Fp4 eq_bound;  ///< eq(xi, r) of the bound row bits, a factor of the sums
    Fp4 finished;  ///< finished traces, each times eq_bound and the challenges since
  };
  /// The last rounds.
  struct RoundsRest {
    std::vector<std::vector<Fp4>> round_polynomials;  ///< at 1 .. max_constraint_degree + 1
    std::vector<Fp4> challenges;
  };
  /// For implementations that can go on without the host: all rounds that are left, at least one.
  /// In `sponge` observes each round polynomial and samples its challenge. What comes next are the
  /// openings. Nothing, and nothing is changed, where the next round is to be done by `round`.
  virtual std::optional<RoundsRest> finish_rounds(const RoundClaim& /*claim*/,
                                                  DuplexState& /*sponge*/) {
    return std::nullopt;
  }

  /// The values of all columns at the point, in the order in which they are observed
  /// (for_each_opened_part), piece by piece: `sink` may be at work on a piece while others are
  /// still computed.
  virtual void openings(const OpeningSink& sink) = 0;
};

/// Rounds of a sumcheck that an implementation has done without the host, transcript included.
struct FinishedRounds {
  std::vector<std::array<Fp4, 2>> round_polynomials;  ///< at 1 and 2
  std::vector<Fp> witnesses;                          ///< proofs of work; zero where there is none
  std::vector<Fp4> challenges;
};

/// The columns of one commitment as the stacked reduction sees them.
struct StackedColumnsInput {
  const Commitment* commitment = nullptr;
  std::vector<bool> need_rot;  ///< per matrix of its layout
};

/// The sumcheck that ties column openings at r to stacked openings at u. Spec 06. Call order:
/// round0, fold_prism, n_stack times round and fold, openings.
class StackedSumcheck {
 public:
  virtual ~StackedSumcheck() = default;
  /// Coefficients of s_0, 2 (2^l_skip - 1) + 1 of them.
  virtual std::vector<Fp4> round0() = 0;
  virtual void fold_prism(const Fp4& u0) = 0;
  /// s_j at 1 and 2.
  virtual std::array<Fp4, 2> round() = 0;
  virtual void fold(const Fp4& challenge) = 0;
  /// For implementations that can go on without the host: all rounds that are left. In `sponge`
  /// observes s_j at 1 and 2 and samples the challenge. Nothing, and nothing is changed, where the
  /// next round is to be done by `round`.
  virtual std::optional<FinishedRounds> finish_rounds(DuplexState& /*sponge*/) {
    return std::nullopt;
  }
  /// [commitment][stacked column].
  virtual std::vector<std::vector<Fp4>> openings() = 0;
};

/// Leaves that WHIR opened, of each oracle in the order of the indices.
struct WhirOpenings {
  std::vector<std::vector<LeafOpening<std::vector<Fp>>>> commitments;  ///< in round 0
  std::vector<std::vector<LeafOpening<Fp4>>> codewords;                ///< in round 1, 2..
};

/// The polynomial that WHIR opens, its weight, and the oracles made on the way. Spec 07.
class WhirOpener {
 public:
  virtual ~WhirOpener() = default;
  /// Round polynomial at 1 and 2.
  virtual std::array<Fp4, 2> round() = 0;
  virtual void fold(const Fp4& challenge) = 0;
  /// For implementations that can go on without the host: `count` rounds. In `sponge` observes the
  /// round polynomial at 1 and 2, does a proof of work of `pow_bits` with the smallest witness, and
  /// samples the challenge. Nothing, and nothing is changed, where the next round is to be done by
  /// `round`.
  virtual std::optional<FinishedRounds> finish_folds(unsigned /*count*/, unsigned /*pow_bits*/,
                                                     DuplexState& /*sponge*/) {
    return std::nullopt;
  }
  /// Encodes the folded polynomial at 2^log_domain points, keeps the oracle; its root.
  virtual Digest commit_folded(unsigned log_domain) = 0;
  /// The folded polynomial, univariate view, at z.
  virtual Fp4 evaluate(const Fp4& z) = 0;
  /// Its coefficients.
  virtual std::vector<Fp4> final_polynomial() = 0;
  /// Opens leaves of the commitments in round 0, later of the oracle that the round before made.
  /// Once a round, in their order. Requires each index below the oracle's number of leaves.
  virtual void open(unsigned round, std::span<const std::size_t> indices) = 0;
  /// All that was opened, once, at the end: the transcript does without it, so that it may be late.
  virtual WhirOpenings openings() = 0;
  /// Adds sum over points of factor * eq(., pow(z)) to the weight. Spec 07, step 4g.
  struct WeightTerm {
    Fp4 z, factor;
  };
  virtual void add_weight(std::span<const WeightTerm> terms) = 0;
};

/// The arithmetic and the memory of one proof. Used by one thread at a time; what it makes must not
/// outlive it, and phase objects end in the reverse order of their making.
class BackendSession {
 public:
  virtual ~BackendSession() = default;
  /// Matrices in non-increasing height; they must outlive the commitment.
  virtual std::unique_ptr<Commitment> commit(std::span<const MatrixView> matrices) = 0;
  virtual std::unique_ptr<FractionTree> fraction_tree(std::span<const TraceInput> traces,
                                                      std::span<const FractionBlock> blocks,
                                                      unsigned num_layers, const Fp4& alpha,
                                                      const Fp4& beta) = 0;
  virtual std::unique_ptr<ConstraintSumcheck> constraint_sumcheck(
      ConstraintSumcheckInput input) = 0;
  virtual std::unique_ptr<StackedSumcheck> stacked_sumcheck(
      std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
      const Fp4& lambda) = 0;
  virtual std::unique_ptr<WhirOpener> whir_opener(std::span<const Commitment* const> commitments,
                                                  const Fp4& mu, std::span<const Fp4> point) = 0;
  /// The smallest solution; nothing if there is none.
  virtual std::optional<Fp> grind(const GrindingChallenge& challenge) = 0;
};

/// A copy of a host matrix in the memory that a backend computes in, made for many proofs. The host
/// matrix, by whose address sessions know it, must stay as it is while the copy lives. Immutable.
class ResidentMatrix {
 public:
  virtual ~ResidentMatrix() = default;
  virtual std::uint64_t bytes() const = 0;
};

/// The shapes of a proof, which its memory depends on.
struct Workload {
  struct Trace {
    std::size_t air_index = 0;  ///< position in the loaded key
    const AirVerifyingKey* air = nullptr;
    unsigned log_height = 0;
  };
  struct Oracle {
    const StackedLayout* layout = nullptr;
    bool made = true;       ///< by this proof; otherwise when the key was loaded
    bool resident = false;  ///< all its matrices that have columns are in `Workload::resident`
  };
  std::vector<Trace> traces;        ///< as the phases will get them
  std::vector<Oracle> commitments;  ///< in commitment order
  std::uint64_t num_leaves = 0;     ///< of the LogUp tree, without padding
  unsigned num_gkr_layers = 0;
  /// Do with as little memory as can be, whatever time it takes.
  bool low_memory = false;
  /// Bound on MemoryPlan::arena() that a backend with a choice keeps to at the least cost in time,
  /// if it can.
  std::uint64_t arena_limit = ~std::uint64_t{0};
  /// The bound was asked for: all of it may be used. Otherwise it is what there is, and a backend
  /// with a choice leaves alone what saves little time.
  bool limit_given = false;
  /// Copies that take the place of their host matrices; they must outlive the session.
  std::vector<const ResidentMatrix*> resident;
  /// Matrices whose values are row-major; all others are column-major. Only for backends that take
  /// them.
  std::vector<MatrixView> row_major;
};

/// Bytes of the main and preprocessed traces of a workload.
std::uint64_t trace_bytes(const Workload& workload);

/// What is prepared once per key. Immutable after creation; thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;
  /// What it computes with, for telemetry: names and values.
  virtual std::vector<std::pair<std::string, std::string>> attributes() const { return {}; }
  /// What a session for `workload` will hold, and the traces, without preprocessed commitments.
  /// May be above the workload's limit: then it is the least that the backend can do with.
  virtual MemoryPlan plan(const Workload& workload) const = 0;
  /// The memory that plans are about: whose it is, and all that there is of it, used or not.
  struct Memory {
    std::string_view owner;  ///< "the machine", "the device"
    std::uint64_t bytes = 0;
  };
  virtual Memory memory() const;
  /// The device that it computes on, with its free memory at the moment; nothing for the host.
  virtual std::optional<DeviceInfo> device() const { return std::nullopt; }
  /// Whether main parts of traces may be row-major.
  virtual bool takes_row_major() const { return false; }
  /// A copy of `matrix`, whose values are in `order`, for the workloads of many proofs; null for a
  /// backend that computes where matrices are. gyre::Error(kResource) if there is not enough
  /// memory.
  virtual std::shared_ptr<const ResidentMatrix> make_resident(const MatrixView& matrix,
                                                              MatrixOrder order) const {
    static_cast<void>(matrix), static_cast<void>(order);
    return nullptr;
  }
  /// Starts a proof with the memory that it needs. The backend must outlive the session.
  /// gyre::Error(kResource) if there is not enough.
  virtual std::unique_ptr<BackendSession> begin(const Workload& workload) const = 0;
};

/// Backends by name, prepared for the AIRs of `key`, which must outlive them.
std::unique_ptr<Backend> make_reference_backend(const VerifyingKey& key);
std::unique_ptr<Backend> make_cpu_backend(const VerifyingKey& key, unsigned threads);

}  // namespace gyre

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "backend/cuda/device.h"
#include "backend/cuda/device_memory.h"
#include "backend/cuda/evaluation.h"
#include "backend/cuda/fraction_programs.h"
#include "backend/cuda/queue.h"
#include "gyre/protocol/params.h"

namespace gyre::cuda {

/// The backend for NVIDIA GPUs: same results as backend/reference. Kernels lie beside the phase
/// that launches them; *.cu files are compiled by nvcc, and as C++ against the emulator for tests.

/// What all proofs of one key share. Immutable.
struct Context {
  SystemParams params;
  DeviceInfo device;
  std::vector<AirExpressions> expressions;                    ///< per AIR of the key
  std::vector<AirPieces> pieces;                              ///< the same
  std::shared_ptr<const Evaluator> evaluator;                 ///< of the pieces
  std::vector<std::vector<InteractionProgram>> interactions;  ///< per AIR
  /// The last rounds of a layer of the tree that the device does without the host, 10 at most.
  unsigned log_fraction_tail = 10;
  /// The last rounds of the constraint sumcheck that the device does without the host, at most.
  unsigned constraint_tail = ~0u;
  /// The last rounds of the stacked reduction that the device does without the host. 0: none.
  unsigned log_stacked_tail = 27;
  /// Variables of the tables on which the device does WHIR's folds without the host. 0: none.
  unsigned log_whir_tail = 27;
  /// Memory for a part of the rows in the univariate round of the constraint sumcheck, at least one
  /// chunk of 2^l_skip rows: enough points for all multiprocessors. The round takes more, and less
  /// time, where another phase needs more.
  std::size_t round0_tile_bytes = std::size_t{128} << 20;
  /// Bytes of the messages that are encoded at once while traces are still being copied.
  std::size_t encoded_bytes_at_once = std::size_t{32} << 20;
  /// An arena that is not worth saving unless a limit is given.
  std::uint64_t small_arena = std::uint64_t{1} << 29;

  unsigned l_skip() const { return static_cast<unsigned>(params.l_skip); }
  unsigned k() const { return static_cast<unsigned>(params.whir.k); }
};

/// A matrix in device memory: element (row, column) at column * height + row.
struct DeviceMatrix {
  const Fp* values = nullptr;
  std::size_t height = 0, width = 0;
  const Fp* column(std::size_t index) const { return values + index * height; }
};

/// The device copies of a proof's host matrices, by the address of their values.
class DeviceMatrices {
 public:
  DeviceMatrices(Queue& queue, DeviceArena& arena) : queue_(queue), arena_(arena) {}
  /// The copy of `matrix`; made in the arena, for good, when there is none yet.
  DeviceMatrix get(const MatrixView& matrix);
  /// The same, but when there is none yet, the memory alone, which the caller has to fill.
  struct Place {
    DeviceMatrix copy;
    Fp* to_fill = nullptr;                          ///< null when the values are there
    MatrixOrder order = MatrixOrder::kColumnMajor;  ///< of the host's values
  };
  Place place(const MatrixView& matrix);
  /// Tells of a host matrix that is row-major.
  void add_row_major(const MatrixView& matrix) { row_major_.insert(key(matrix)); }
  /// Tells of a copy that is there already and outlives this object.
  void add(const MatrixView& matrix, const DeviceMatrix& copy);
  /// What the copies take in the arena of the matrices of a commitment that are not there already.
  static std::size_t bytes(const Workload::Oracle& oracle);

 private:
  using Key = std::pair<const Fp*, std::size_t>;
  static Key key(const MatrixView& matrix) {
    return {matrix.values().data(), matrix.values().size()};
  }

  Queue& queue_;
  DeviceArena& arena_;
  std::map<Key, const Fp*> copies_;
  std::set<Key> row_major_;
};

/// What a proof does without, to need less memory: it takes more time and is the same.
struct MemoryPolicy {
  /// Stacked columns whose codeword stays until it is opened: the first ones, counted through the
  /// commitments that the proof makes. Others are encoded again.
  std::size_t kept_columns = ~std::size_t{0};
  /// Codewords are encoded and hashed in batches of columns and never exist as a whole, but for
  /// those with scattered leaves. No column is kept.
  bool batches = false;
  /// The univariate round takes tiles of Context::round0_tile_bytes / 2^this.
  unsigned log_tile_reduction = 0;
  /// A fraction tree takes 16 bytes a leaf instead of 32, and more time.
  bool narrow_tree = false;

  bool operator==(const MemoryPolicy&) const = default;
};

/// What the phases of one proof work with.
struct Work {
  const Context& context;
  Queue& queue;
  DeviceArena& arena;
  DeviceMatrices& matrices;
  MemoryPolicy policy = {};
  std::size_t planned_bytes = 0;      ///< of the arena, for all phases together
  std::size_t committed_columns = 0;  ///< stacked columns of the commitments made so far
};

/// Bytes of the commitments to the traces.
struct CommitmentBytes {
  std::size_t retained = 0;  ///< by all: trace copies, kept columns of codewords, trees
  std::size_t making = 0;    ///< beside it, the most while one is made
  std::size_t opening = 0;   ///< the same while one is opened, but for its leaves
};
CommitmentBytes commitment_bytes(const Context& context, const Workload& workload,
                                 const MemoryPolicy& policy = {});
std::size_t fraction_tree_bytes(const Context& context, const Workload& workload,
                                const MemoryPolicy& policy = {});
std::size_t round0_bytes(const Context& context, const Workload& workload,
                         const MemoryPolicy& policy = {});
std::size_t mle_rounds_bytes(const Context& context, const Workload& workload);
std::size_t stacked_reduction_bytes(const Context& context, const Workload& workload);
/// `opening`: CommitmentBytes::opening.
std::size_t whir_bytes(const Context& context, const Workload& workload, std::size_t opening);
/// What grind takes while it runs, at any time of a proof.
std::size_t grinding_bytes();
/// What the phases of a proof take from its arena.
MemoryPlan memory_plan(const Context& context, const Workload& workload,
                       const MemoryPolicy& policy);
struct MemoryChoice {
  MemoryPolicy policy;
  MemoryPlan plan;
};
/// The first policy, in the order of memory_plan.cu from fast to slow, that takes no more than
/// workload.arena_limit and, where no limit was given, no more than commitments take or a proof
/// with a narrow tree that keeps no codeword. The first of those with the smallest arena in
/// low-memory mode, or if none is below the limit. All of it for the commitments of a key.
MemoryChoice choose_memory(const Context& context, const Workload& workload);

std::unique_ptr<Commitment> make_commitment(Work& work, std::span<const MatrixView> matrices);
std::unique_ptr<FractionTree> make_fraction_tree(Work& work, std::span<const TraceInput> traces,
                                                 std::span<const FractionBlock> blocks,
                                                 unsigned num_layers, const Fp4& alpha,
                                                 const Fp4& beta);
std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(Work& work,
                                                             ConstraintSumcheckInput input);
std::unique_ptr<StackedSumcheck> make_stacked_sumcheck(
    Work& work, std::span<const StackedColumnsInput> commitments, std::span<const Fp4> r,
    const Fp4& lambda);
std::unique_ptr<WhirOpener> make_whir_opener(Work& work,
                                             std::span<const Commitment* const> commitments,
                                             const Fp4& mu, std::span<const Fp4> point);
std::optional<Fp> grind(Work& work, const GrindingChallenge& challenge);

}  // namespace gyre::cuda

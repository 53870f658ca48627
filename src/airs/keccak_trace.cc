#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "gyre/airs/keccak.h"
#include "keccak_columns.h"

namespace gyre {

namespace {

using namespace keccak;  // NOLINT: the names of the columns

/// Permutations whose rows are written together: 192 rows, so that the lanes stay in the cache
/// and every column is written in long runs.
constexpr std::size_t kPermutationsPerBlock = 8;
constexpr std::size_t kBlockRows = kPermutationsPerBlock * kRoundsPerPermutation;

using LaneColumn = std::array<std::uint64_t, kBlockRows>;

/// The lanes of consecutive rows, lane by lane; index 5y + x.
struct BlockLanes {
  std::array<LaneColumn, kLanes> preimage, a, a_prime, a_prime_prime;
  std::array<LaneColumn, 5> c, c_prime;
  LaneColumn a_prime_prime_prime;
};

/// One round from the lanes `a` of the row; writes the other lanes of the row and replaces `a` by
/// the round's output. Spec 02, section 10.3, steps 2 to 6.
void write_round(KeccakState& a, std::size_t round, std::size_t row, BlockLanes& lanes) {
  std::array<std::uint64_t, 5> c{}, c_prime{};
  for (std::size_t i = 0; i < kLanes; ++i) c[i % 5] ^= a[i];
  for (std::size_t x = 0; x < 5; ++x) {
    c_prime[x] = c[x] ^ c[(x + 4) % 5] ^ std::rotl(c[(x + 1) % 5], 1);
    lanes.c[x][row] = c[x];
    lanes.c_prime[x][row] = c_prime[x];
  }
  KeccakState a_prime, b;
  for (std::size_t i = 0; i < kLanes; ++i) {
    a_prime[i] = a[i] ^ c[i % 5] ^ c_prime[i % 5];
    lanes.a_prime[i][row] = a_prime[i];
  }
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 5; ++x) {
      const std::size_t from = (x + 3 * y) % 5;
      b[x + 5 * y] = std::rotl(a_prime[from + 5 * x], static_cast<int>(kRotation[from][x]));
    }
  }
  for (std::size_t i = 0; i < kLanes; ++i) {
    const std::size_t x = i % 5, y5 = i - x;
    a[i] = b[i] ^ (~b[y5 + (x + 1) % 5] & b[y5 + (x + 2) % 5]);
    lanes.a_prime_prime[i][row] = a[i];
  }
  a[0] ^= kRoundConstants[round];
  lanes.a_prime_prime_prime[row] = a[0];
}

void compute_block(std::span<const KeccakState> inputs, std::size_t first_permutation,
                   BlockLanes& lanes) {
  for (std::size_t p = 0; p < kPermutationsPerBlock; ++p) {
    const std::size_t index = first_permutation + p;
    const KeccakState input = index < inputs.size() ? inputs[index] : KeccakState{};
    KeccakState state = input;
    for (std::size_t round = 0; round < kRoundsPerPermutation; ++round) {
      const std::size_t row = p * kRoundsPerPermutation + round;
      for (std::size_t i = 0; i < kLanes; ++i) {
        lanes.preimage[i][row] = input[i];
        lanes.a[i][row] = state[i];
      }
      write_round(state, round, row, lanes);
    }
  }
}

/// Writes bit columns and limb columns of the rows first_row.. of the trace.
class BlockWriter {
 public:
  BlockWriter(Matrix& trace, std::size_t first_row)
      : trace_(trace),
        first_row_(first_row),
        rows_(std::min(kBlockRows, trace.height() - first_row)) {}

  void flags() {
    for (std::size_t round = 0; round < kRoundsPerPermutation; ++round) {
      Fp* out = column(flag(round));
      for (std::size_t r = round; r < rows_; r += kRoundsPerPermutation) out[r] = Fp::one();
    }
  }
  void bits(std::size_t first_column, const LaneColumn& lane) {
    for (std::size_t z = 0; z < kLaneBits; ++z) {
      Fp* out = column(first_column + z);
      for (std::size_t r = 0; r < rows_; ++r) {
        const auto is_set = static_cast<std::uint32_t>((lane[r] >> z) & 1);
        out[r] = Fp::from_raw((0u - is_set) & Fp::one().raw());
      }
    }
  }
  void limbs(std::size_t first_column, const LaneColumn& lane) {
    for (std::size_t k = 0; k < kLimbs; ++k) {
      Fp* out = column(first_column + k);
      for (std::size_t r = 0; r < rows_; ++r) {
        out[r] = Fp::from_canonical(static_cast<std::uint16_t>(lane[r] >> (kLimbBits * k)));
      }
    }
  }

 private:
  Fp* column(std::size_t index) { return trace_.column(index).data() + first_row_; }

  Matrix& trace_;
  std::size_t first_row_;
  std::size_t rows_;
};

void write_block(const BlockLanes& lanes, BlockWriter writer) {
  writer.flags();
  for (std::size_t y = 0; y < 5; ++y) {
    for (std::size_t x = 0; x < 5; ++x) {
      const std::size_t i = 5 * y + x;
      writer.limbs(preimage(y, x, 0), lanes.preimage[i]);
      writer.limbs(a(y, x, 0), lanes.a[i]);
      writer.bits(a_prime(y, x, 0), lanes.a_prime[i]);
      writer.limbs(a_prime_prime(y, x, 0), lanes.a_prime_prime[i]);
    }
  }
  for (std::size_t x = 0; x < 5; ++x) {
    writer.bits(c(x, 0), lanes.c[x]);
    writer.bits(c_prime(x, 0), lanes.c_prime[x]);
  }
  writer.bits(bit(0), lanes.a_prime_prime[0]);
  writer.limbs(a_prime_prime_prime(0), lanes.a_prime_prime_prime);
}

}  // namespace

Matrix keccak_trace(std::span<const KeccakState> inputs) {
  const std::size_t height =
      std::bit_ceil(std::max<std::size_t>(inputs.size() * kRoundsPerPermutation, 1));
  const std::size_t num_blocks = (height + kBlockRows - 1) / kBlockRows;
  Matrix trace(height, KeccakAir::kWidth);
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, num_blocks),
                    [&](const tbb::blocked_range<std::size_t>& blocks) {
                      const auto lanes = std::make_unique<BlockLanes>();
                      for (std::size_t i = blocks.begin(); i < blocks.end(); ++i) {
                        compute_block(inputs, i * kPermutationsPerBlock, *lanes);
                        write_block(*lanes, BlockWriter(trace, i * kBlockRows));
                      }
                    });
  return trace;
}

std::vector<KeccakState> random_keccak_inputs(std::size_t count, std::uint64_t seed) {
  std::vector<KeccakState> inputs(count);
  std::uint64_t state = seed;
  for (KeccakState& input : inputs) {
    for (std::uint64_t& lane : input) {
      state += 0x9e3779b97f4a7c15u;
      std::uint64_t x = state;
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
      x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
      lane = x ^ (x >> 31);
    }
  }
  return inputs;
}

}  // namespace gyre

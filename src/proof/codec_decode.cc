#include <algorithm>
#include <limits>
#include <utility>

#include "gyre/proof/codec.h"

namespace gyre {
namespace {

using Code = ProofDecodeError::Code;

// 64 bits, so that products with counts of the input do not wrap where std::size_t is smaller.
constexpr std::uint64_t kU32Bytes = 4, kFpBytes = 4, kFp4Bytes = 16, kDigestBytes = 32;
constexpr std::size_t kMaxFoldingFactor = 30;  // log2; 2^k values stay countable in 32 bits

/// Reads the primitives of the format and keeps the first error. After an error every read gives
/// zeros and every count is 0, so that callers need not test in between.
///
/// Memory: a count of items that take bytes is compared with the bytes left, and every list item
/// of any level is charged to a budget of 4096 + input size, both before anything is allocated.
class ProofReader {
 public:
  explicit ProofReader(std::span<const std::uint8_t> bytes)
      : bytes_(bytes), budget_(4096 + bytes.size()) {}

  bool ok() const { return !error_; }
  const std::optional<ProofDecodeError>& error() const { return error_; }
  std::size_t bytes_left() const { return bytes_.size() - offset_; }

  /// Names what is read from here on, for errors.
  void enter(const char* field) { field_ = field; }

  void fail(Code code, std::uint64_t value, std::size_t back = 0) {
    if (!error_) {
      error_ = {.code = code, .offset = offset_ - back, .value = value, .field = field_};
    }
  }

  std::uint8_t u8() { return take(1) ? bytes_[offset_ - 1] : 0; }

  std::uint32_t u32() {
    if (!take(kU32Bytes)) return 0;
    const std::uint8_t* const p = bytes_.data() + offset_ - kU32Bytes;
    return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 |
           static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[3]) << 24;
  }

  void read(Fp& value) {
    const std::uint32_t word = u32();
    if (word >= Fp::kModulus) {
      fail(Code::kNonCanonicalField, word, kFpBytes);
    } else {
      value = Fp::from_canonical(word);
    }
  }
  void read(Fp4& value) {
    for (Fp& coefficient : value.c) read(coefficient);
  }
  template <class T, std::size_t N>
  void read(std::array<T, N>& values) {
    for (T& value : values) read(value);
  }
  void read(GkrLayerClaims& claims) {
    read(claims.p0);
    read(claims.p1);
    read(claims.q0);
    read(claims.q1);
  }
  /// A list that carries its length.
  template <class T>
  void read(std::vector<T>& items) {
    read_items(items, count(min_bytes<T>()));
  }

  /// A list of `count` items.
  template <class T>
  void read_items(std::vector<T>& items, std::uint64_t count) {
    if (!resize(items, count, min_bytes<T>())) return;
    for (T& item : items) {
      if (!ok()) return;
      read(item);
    }
  }

  /// The length of a list of items of at least `item_bytes` bytes; 0 if they are not all there.
  std::uint32_t count(std::uint64_t item_bytes) {
    const std::uint32_t count = u32();
    if (count > bytes_left() / item_bytes) {
      fail(Code::kUnexpectedEof, count, kU32Bytes);
      return 0;
    }
    return count;
  }

  /// Makes `items` hold `count` empty items, each of which will take `item_bytes` bytes or more.
  template <class T>
  bool resize(std::vector<T>& items, std::uint64_t count, std::uint64_t item_bytes) {
    if (!ok()) return false;
    if (item_bytes != 0 && count > bytes_left() / item_bytes) {
      fail(Code::kUnexpectedEof, count);
      return false;
    }
    if (count > budget_) {
      fail(Code::kLimitExceeded, count);
      return false;
    }
    budget_ -= count;
    items.resize(static_cast<std::size_t>(count));
    return true;
  }

 private:
  template <class T>
  static constexpr std::uint64_t min_bytes() {
    if constexpr (requires(T items) { items.clear(); }) {
      return kU32Bytes;
    } else {
      return sizeof(T);  // Fp, Fp4, digests and claims are encoded in as many bytes as they take
    }
  }
  static_assert(sizeof(Digest) == kDigestBytes && sizeof(GkrLayerClaims) == 4 * kFp4Bytes);

  bool take(std::size_t size) {
    if (!ok()) return false;
    if (bytes_left() < size) {
      fail(Code::kUnexpectedEof, size);
      return false;
    }
    offset_ += size;
    return true;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t offset_ = 0;
  std::uint64_t budget_;
  const char* field_ = "";
  std::optional<ProofDecodeError> error_;
};

/// Items 1 to 5: version, commitments and heights.
void read_statement(ProofReader& reader, Proof& proof) {
  reader.enter("version");
  const std::uint32_t version = reader.u32();
  if (reader.ok() && version != kProofCodecVersion) {
    reader.fail(Code::kBadVersion, version, kU32Bytes);
  }
  reader.enter("common_main_commit");
  reader.read(proof.common_main_commit);

  reader.enter("trace_vdata");
  const std::uint32_t num_airs = reader.u32();
  const std::uint64_t bitmap_bytes = (std::uint64_t{num_airs} + 7) / 8;
  if (reader.bytes_left() < bitmap_bytes) reader.fail(Code::kUnexpectedEof, num_airs, kU32Bytes);
  if (!reader.resize(proof.trace_vdata, num_airs, 0)) return;
  for (std::size_t base = 0; base < num_airs; base += 8) {
    const unsigned bits = reader.u8();
    const std::size_t used = std::min<std::size_t>(num_airs - base, 8);
    for (std::size_t i = 0; i < used; ++i) {
      if (bits >> i & 1) proof.trace_vdata[base + i].emplace();
    }
    if (bits >> used != 0) reader.fail(Code::kBitmapPadding, bits, 1);
  }
  for (std::optional<TraceVerifierData>& trace : proof.trace_vdata) {
    if (!reader.ok()) return;
    if (!trace) continue;
    trace->log_height = reader.u32();
    reader.read(trace->cached_commitments);
  }
}

/// Item 7.
void read_gkr(ProofReader& reader, GkrProof& gkr) {
  reader.enter("gkr.logup_pow_witness");
  reader.read(gkr.logup_pow_witness);
  reader.enter("gkr.q0_claim");
  reader.read(gkr.q0_claim);
  reader.enter("gkr.claims_per_layer");
  reader.read(gkr.claims_per_layer);
  reader.enter("gkr.sumcheck_polys");
  const std::size_t num_sumchecks = std::max<std::size_t>(gkr.claims_per_layer.size(), 1) - 1;
  if (!reader.resize(gkr.sumcheck_polys, num_sumchecks, 3 * kFp4Bytes)) return;
  for (std::size_t i = 0; i < num_sumchecks && reader.ok(); ++i) {
    reader.read_items(gkr.sumcheck_polys[i], i + 1);
  }
}

/// Items 8 to 11.
void read_batch_constraints(ProofReader& reader, BatchConstraintProof& batch) {
  reader.enter("batch_constraints.numerator_term_per_air");
  reader.read(batch.numerator_term_per_air);
  const std::size_t num_traces = batch.numerator_term_per_air.size();
  reader.enter("batch_constraints.denominator_term_per_air");
  reader.read_items(batch.denominator_term_per_air, num_traces);
  reader.enter("batch_constraints.univariate_round_coeffs");
  reader.read(batch.univariate_round_coeffs);

  reader.enter("batch_constraints.sumcheck_round_polys");
  const std::uint32_t num_rounds = reader.u32();
  if (num_rounds != 0) {
    // Polynomials of no values would be list items that cost no input.
    const std::uint32_t num_values = reader.u32();
    if (reader.ok() && num_values == 0) reader.fail(Code::kLimitExceeded, num_rounds, kU32Bytes);
    const std::uint64_t round_bytes = num_values * kFp4Bytes;
    if (!reader.resize(batch.sumcheck_round_polys, num_rounds, round_bytes)) return;
    for (std::vector<Fp4>& values : batch.sumcheck_round_polys) {
      reader.read_items(values, num_values);
    }
  }

  reader.enter("batch_constraints.column_openings");
  reader.read_items(batch.column_openings, num_traces);
}

/// Item 12.
void read_stacking(ProofReader& reader, StackingProof& stacking) {
  reader.enter("stacking.univariate_round_coeffs");
  reader.read(stacking.univariate_round_coeffs);
  reader.enter("stacking.sumcheck_round_polys");
  reader.read(stacking.sumcheck_round_polys);
  reader.enter("stacking.stacking_openings");
  reader.read(stacking.stacking_openings);
}

/// Item 13. Returns the folding factor's log2, which is implied.
std::size_t read_whir_rounds(ProofReader& reader, WhirProof& whir) {
  reader.enter("whir.mu_pow_witness");
  reader.read(whir.mu_pow_witness);
  reader.enter("whir.whir_sumcheck_polys");
  reader.read(whir.whir_sumcheck_polys);
  reader.enter("whir.codeword_commits");
  reader.read(whir.codeword_commits);
  const std::size_t num_sumcheck_rounds = whir.whir_sumcheck_polys.size();
  const std::size_t num_rounds = whir.codeword_commits.size() + 1;
  if (reader.ok() && num_sumcheck_rounds % num_rounds != 0) {
    reader.fail(Code::kRoundsNotMultiple, num_sumcheck_rounds);
  }
  const std::size_t k = num_sumcheck_rounds / num_rounds;
  if (k > kMaxFoldingFactor) reader.fail(Code::kLimitExceeded, k);
  reader.enter("whir.ood_values");
  reader.read_items(whir.ood_values, num_rounds - 1);
  reader.enter("whir.folding_pow_witnesses");
  reader.read_items(whir.folding_pow_witnesses, num_sumcheck_rounds);
  reader.enter("whir.query_phase_pow_witnesses");
  reader.read_items(whir.query_phase_pow_witnesses, num_rounds);
  return k;
}

/// Item 14.
void read_initial_openings(ProofReader& reader, std::size_t k, WhirProof& whir) {
  reader.enter("whir.initial_round_opened_rows");
  const std::uint32_t num_commits = reader.u32();
  if (reader.ok() && num_commits == 0) reader.fail(Code::kZeroCommits, 0, kU32Bytes);
  const std::uint32_t num_queries = reader.u32();
  std::uint32_t depth = 0;
  std::vector<std::uint32_t> widths;
  if (num_queries != 0) {
    depth = reader.u32();
    if (!reader.resize(widths, num_commits, kU32Bytes)) return;
    for (std::uint32_t& width : widths) width = reader.u32();
  }

  if (!reader.resize(whir.initial_round_opened_rows, num_commits, 0)) return;
  for (std::size_t c = 0; c < num_commits && num_queries != 0; ++c) {
    const std::uint64_t row_bytes = widths[c] * kFpBytes;
    if (!reader.resize(whir.initial_round_opened_rows[c], num_queries, row_bytes)) return;
    for (std::vector<std::vector<Fp>>& rows : whir.initial_round_opened_rows[c]) {
      if (!reader.resize(rows, std::uint64_t{1} << k, row_bytes)) return;
      for (std::vector<Fp>& row : rows) reader.read_items(row, widths[c]);
    }
  }

  reader.enter("whir.initial_round_merkle_proofs");
  if (!reader.resize(whir.initial_round_merkle_proofs, num_commits, 0)) return;
  for (std::size_t c = 0; c < num_commits && num_queries != 0; ++c) {
    const std::uint64_t path_bytes = depth * kDigestBytes;
    if (!reader.resize(whir.initial_round_merkle_proofs[c], num_queries, path_bytes)) return;
    for (MerklePath& path : whir.initial_round_merkle_proofs[c]) reader.read_items(path, depth);
  }
}

/// Items 15 and 16.
void read_codeword_openings(ProofReader& reader, std::size_t k, WhirProof& whir) {
  reader.enter("whir.codeword_opened_values");
  const std::size_t num_codewords = whir.codeword_commits.size();
  const std::uint64_t leaf_bytes = kFp4Bytes << k;
  if (!reader.resize(whir.codeword_opened_values, num_codewords, kU32Bytes)) return;
  for (std::vector<std::vector<Fp4>>& queries : whir.codeword_opened_values) {
    if (!reader.resize(queries, reader.count(leaf_bytes), leaf_bytes)) return;
    for (std::vector<Fp4>& values : queries) reader.read_items(values, std::uint64_t{1} << k);
  }

  reader.enter("whir.codeword_merkle_proofs");
  const std::uint32_t first_depth = reader.u32();
  if (!reader.resize(whir.codeword_merkle_proofs, num_codewords, 0)) return;
  for (std::size_t i = 0; i < num_codewords; ++i) {
    const std::size_t num_queries = whir.codeword_opened_values[i].size();
    if (num_queries == 0) continue;
    // A path is one digest shorter than in the round before.
    if (reader.ok() && first_depth < i) return reader.fail(Code::kLimitExceeded, first_depth);
    const std::size_t depth = first_depth - i;
    if (!reader.resize(whir.codeword_merkle_proofs[i], num_queries, depth * kDigestBytes)) return;
    for (MerklePath& path : whir.codeword_merkle_proofs[i]) reader.read_items(path, depth);
  }
}

}  // namespace

Result<Proof, ProofDecodeError> decode_proof(std::span<const std::uint8_t> bytes) {
  ProofReader reader(bytes);
  Proof proof;
  read_statement(reader, proof);
  reader.enter("public_values");
  reader.read(proof.public_values);
  read_gkr(reader, proof.gkr);
  read_batch_constraints(reader, proof.batch_constraints);
  read_stacking(reader, proof.stacking);
  const std::size_t k = read_whir_rounds(reader, proof.whir);
  if (reader.ok()) {
    read_initial_openings(reader, k, proof.whir);
    read_codeword_openings(reader, k, proof.whir);
  }
  reader.enter("whir.final_poly");
  reader.read(proof.whir.final_poly);

  reader.enter("end");
  if (reader.ok() && reader.bytes_left() != 0) {
    reader.fail(Code::kTrailingBytes, reader.bytes_left());
  }
  if (!reader.ok()) return *reader.error();
  return proof;
}

}  // namespace gyre

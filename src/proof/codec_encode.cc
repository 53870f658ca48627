#include <limits>
#include <utility>

#include "gyre/proof/codec.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

/// Writes the primitives of the format and notes where its parts begin.
class ProofWriter {
 public:
  void begin_part(const char* part) { starts_.push_back({part, bytes_.size()}); }

  void u8(std::uint8_t value) { bytes_.push_back(value); }
  void u32(std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) u8(static_cast<std::uint8_t>(value >> shift));
  }
  void count(std::size_t count, const char* what) {
    if (count > std::numeric_limits<std::uint32_t>::max()) {
      throw misuse(std::string("encode_proof: ") + what + " has " + std::to_string(count) +
                   " entries, at most 2^32 - 1 can be encoded");
    }
    u32(static_cast<std::uint32_t>(count));
  }

  void write(Fp value) { u32(value.canonical()); }
  void write(const Fp4& value) {
    for (const Fp coefficient : value.c) write(coefficient);
  }
  template <class T, std::size_t N>
  void write(const std::array<T, N>& values) {
    for (const T& value : values) write(value);
  }
  void write(const GkrLayerClaims& claims) {
    write(claims.p0);
    write(claims.p1);
    write(claims.q0);
    write(claims.q1);
  }
  /// The items alone, for lists whose length is implied.
  template <class T>
  void write_items(const std::vector<T>& items) {
    for (const T& item : items) write(item);
  }
  /// Length and items.
  template <class T>
  void write_list(const std::vector<T>& items, const char* what) {
    count(items.size(), what);
    write_items(items);
  }

  std::vector<std::uint8_t> take_bytes() && { return std::move(bytes_); }
  std::vector<ProofPartSize> part_sizes() const {
    std::vector<ProofPartSize> sizes = starts_;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      sizes[i].bytes =
          (i + 1 < sizes.size() ? starts_[i + 1].bytes : bytes_.size()) - starts_[i].bytes;
    }
    return sizes;
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<ProofPartSize> starts_;
};

/// The format leaves out lengths that another list gives: they have to agree.
void require_length(std::size_t actual, std::size_t expected, const char* what) {
  if (actual == expected) return;
  throw misuse(std::string("encode_proof: ") + what + " has " + std::to_string(actual) +
               " entries, expected " + std::to_string(expected));
}

/// Items 1 to 6.
void write_statement(ProofWriter& writer, const Proof& proof) {
  writer.begin_part("statement");
  writer.u32(kProofCodecVersion);
  writer.write(proof.common_main_commit);
  const std::size_t num_airs = proof.trace_vdata.size();
  writer.count(num_airs, "trace_vdata");
  for (std::size_t base = 0; base < num_airs; base += 8) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 8 && base + i < num_airs; ++i) {
      if (proof.trace_vdata[base + i]) bits |= 1u << i;
    }
    writer.u8(static_cast<std::uint8_t>(bits));
  }
  for (const std::optional<TraceVerifierData>& trace : proof.trace_vdata) {
    if (!trace) continue;
    writer.u32(trace->log_height);
    writer.write_list(trace->cached_commitments, "cached_commitments");
  }
  writer.begin_part("public_values");
  writer.count(proof.public_values.size(), "public_values");
  for (const std::vector<Fp>& values : proof.public_values) {
    writer.write_list(values, "public_values");
  }
}

/// Item 7.
void write_gkr(ProofWriter& writer, const GkrProof& gkr) {
  writer.begin_part("gkr");
  writer.write(gkr.logup_pow_witness);
  writer.write(gkr.q0_claim);
  writer.write_list(gkr.claims_per_layer, "gkr.claims_per_layer");
  const std::size_t num_layers = gkr.claims_per_layer.size();
  require_length(gkr.sumcheck_polys.size(), num_layers == 0 ? 0 : num_layers - 1,
                 "gkr.sumcheck_polys");
  for (std::size_t i = 0; i < gkr.sumcheck_polys.size(); ++i) {
    require_length(gkr.sumcheck_polys[i].size(), i + 1, "a sumcheck of gkr.sumcheck_polys");
    writer.write_items(gkr.sumcheck_polys[i]);
  }
}

/// Items 8 to 11.
void write_batch_constraints(ProofWriter& writer, const BatchConstraintProof& batch) {
  writer.begin_part("batch_constraints");
  writer.write_list(batch.numerator_term_per_air, "numerator_term_per_air");
  const std::size_t num_traces = batch.numerator_term_per_air.size();
  require_length(batch.denominator_term_per_air.size(), num_traces, "denominator_term_per_air");
  writer.write_items(batch.denominator_term_per_air);
  writer.write_list(batch.univariate_round_coeffs, "univariate_round_coeffs");

  const auto& rounds = batch.sumcheck_round_polys;
  writer.count(rounds.size(), "sumcheck_round_polys");
  if (!rounds.empty()) {
    const std::size_t num_values = rounds.front().size();
    if (num_values == 0) throw misuse("encode_proof: sumcheck_round_polys of no values");
    writer.count(num_values, "a round of sumcheck_round_polys");
    for (const std::vector<Fp4>& values : rounds) {
      require_length(values.size(), num_values, "a round of sumcheck_round_polys");
      writer.write_items(values);
    }
  }

  writer.begin_part("column_openings");
  require_length(batch.column_openings.size(), num_traces, "column_openings");
  for (const std::vector<std::vector<Fp4>>& parts : batch.column_openings) {
    writer.count(parts.size(), "the parts of column_openings");
    for (const std::vector<Fp4>& part : parts) writer.write_list(part, "column_openings");
  }
}

/// Item 12.
void write_stacking(ProofWriter& writer, const StackingProof& stacking) {
  writer.begin_part("stacking");
  writer.write_list(stacking.univariate_round_coeffs, "univariate_round_coeffs");
  writer.write_list(stacking.sumcheck_round_polys, "sumcheck_round_polys");
  writer.count(stacking.stacking_openings.size(), "stacking_openings");
  for (const std::vector<Fp4>& openings : stacking.stacking_openings) {
    writer.write_list(openings, "stacking_openings");
  }
}

/// Item 13. Returns 2^k, the number of values of a query's leaf.
std::size_t write_whir_rounds(ProofWriter& writer, const WhirProof& whir) {
  writer.begin_part("whir_rounds");
  const std::size_t num_sumcheck_rounds = whir.whir_sumcheck_polys.size();
  const std::size_t num_rounds = whir.codeword_commits.size() + 1;
  if (num_sumcheck_rounds % num_rounds != 0 || num_sumcheck_rounds / num_rounds > 30) {
    throw misuse("encode_proof: " + std::to_string(num_sumcheck_rounds) +
                 " WHIR sumcheck rounds do not divide into " + std::to_string(num_rounds) +
                 " rounds of at most 30");
  }
  writer.write(whir.mu_pow_witness);
  writer.write_list(whir.whir_sumcheck_polys, "whir_sumcheck_polys");
  writer.write_list(whir.codeword_commits, "codeword_commits");
  require_length(whir.ood_values.size(), num_rounds - 1, "ood_values");
  writer.write_items(whir.ood_values);
  require_length(whir.folding_pow_witnesses.size(), num_sumcheck_rounds, "folding_pow_witnesses");
  writer.write_items(whir.folding_pow_witnesses);
  require_length(whir.query_phase_pow_witnesses.size(), num_rounds, "query_phase_pow_witnesses");
  writer.write_items(whir.query_phase_pow_witnesses);
  return std::size_t{1} << (num_sumcheck_rounds / num_rounds);
}

/// Item 14.
void write_initial_openings(ProofWriter& writer, std::size_t leaf_size, const WhirProof& whir) {
  writer.begin_part("whir_initial_rows");
  const std::size_t num_commits = whir.initial_round_opened_rows.size();
  if (num_commits == 0) throw misuse("encode_proof: initial_round_opened_rows is empty");
  writer.count(num_commits, "initial_round_opened_rows");
  const std::size_t num_queries = whir.initial_round_opened_rows.front().size();
  writer.count(num_queries, "the queries of initial_round_opened_rows");
  require_length(whir.initial_round_merkle_proofs.size(), num_commits,
                 "initial_round_merkle_proofs");
  for (std::size_t c = 0; c < num_commits; ++c) {
    require_length(whir.initial_round_opened_rows[c].size(), num_queries,
                   "a commitment of initial_round_opened_rows");
    require_length(whir.initial_round_merkle_proofs[c].size(), num_queries,
                   "a commitment of initial_round_merkle_proofs");
  }
  if (num_queries == 0) return;

  const std::size_t depth = whir.initial_round_merkle_proofs.front().front().size();
  writer.count(depth, "a path of initial_round_merkle_proofs");
  for (const auto& queries : whir.initial_round_opened_rows) {
    require_length(queries.front().size(), leaf_size, "a query of initial_round_opened_rows");
    writer.count(queries.front().front().size(), "a row of initial_round_opened_rows");
  }
  for (const auto& queries : whir.initial_round_opened_rows) {
    const std::size_t width = queries.front().front().size();
    for (const std::vector<std::vector<Fp>>& rows : queries) {
      require_length(rows.size(), leaf_size, "a query of initial_round_opened_rows");
      for (const std::vector<Fp>& row : rows) {
        require_length(row.size(), width, "a row of initial_round_opened_rows");
        writer.write_items(row);
      }
    }
  }
  writer.begin_part("whir_initial_paths");
  for (const std::vector<MerklePath>& paths : whir.initial_round_merkle_proofs) {
    for (const MerklePath& path : paths) {
      require_length(path.size(), depth, "a path of initial_round_merkle_proofs");
      writer.write_items(path);
    }
  }
}

/// Items 15 and 16.
void write_codeword_openings(ProofWriter& writer, std::size_t leaf_size, const WhirProof& whir) {
  const auto& openings = whir.codeword_opened_values;
  const std::size_t num_codewords = whir.codeword_commits.size();
  writer.begin_part("whir_codeword_values");
  require_length(openings.size(), num_codewords, "codeword_opened_values");
  for (const std::vector<std::vector<Fp4>>& queries : openings) {
    // The first query of every round gives the lengths of all; a later round cannot.
    const bool without_lengths =
        whir.initial_round_opened_rows.front().empty() || openings.front().empty();
    if (without_lengths && !queries.empty()) {
      throw misuse("encode_proof: codeword_opened_values after a round without queries");
    }
    writer.count(queries.size(), "the queries of codeword_opened_values");
    for (const std::vector<Fp4>& values : queries) {
      require_length(values.size(), leaf_size, "a query of codeword_opened_values");
      writer.write_items(values);
    }
  }

  writer.begin_part("whir_codeword_paths");
  const auto& proofs = whir.codeword_merkle_proofs;
  require_length(proofs.size(), num_codewords, "codeword_merkle_proofs");
  const std::size_t first_depth =
      proofs.empty() || proofs.front().empty() ? 0 : proofs.front().front().size();
  writer.count(first_depth, "a path of codeword_merkle_proofs");
  for (std::size_t i = 0; i < num_codewords; ++i) {
    require_length(proofs[i].size(), openings[i].size(), "a round of codeword_merkle_proofs");
    for (const MerklePath& path : proofs[i]) {
      require_length(path.size() + i, first_depth, "a path of codeword_merkle_proofs (+ round)");
      writer.write_items(path);
    }
  }
}

ProofWriter write_proof(const Proof& proof) {
  ProofWriter writer;
  write_statement(writer, proof);
  write_gkr(writer, proof.gkr);
  write_batch_constraints(writer, proof.batch_constraints);
  write_stacking(writer, proof.stacking);
  const std::size_t leaf_size = write_whir_rounds(writer, proof.whir);
  write_initial_openings(writer, leaf_size, proof.whir);
  write_codeword_openings(writer, leaf_size, proof.whir);
  writer.begin_part("whir_final_poly");
  writer.write_list(proof.whir.final_poly, "final_poly");
  return writer;
}

}  // namespace

std::vector<std::uint8_t> encode_proof(const Proof& proof) {
  return write_proof(proof).take_bytes();
}

std::vector<ProofPartSize> proof_part_sizes(const Proof& proof) {
  return write_proof(proof).part_sizes();
}

}  // namespace gyre

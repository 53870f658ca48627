#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gyre {

/// How far from a codeword a WHIR oracle may be; used only to derive the numbers of queries.
struct WhirProximity {
  enum class Kind : std::uint8_t { kUniqueDecoding = 0, kSplitUniqueList = 1, kListDecoding = 2 };
  Kind kind = Kind::kUniqueDecoding;
  std::uint64_t m = 0;                 ///< both list kinds
  std::uint64_t list_start_round = 0;  ///< kSplitUniqueList
  /// "UniqueDecoding", "SplitUniqueList" or "ListDecoding".
  std::string_view kind_name() const;
  friend bool operator==(const WhirProximity&, const WhirProximity&) = default;
};

struct WhirParams {
  std::uint64_t k = 0;                     ///< log2 of the folding factor of a round
  std::vector<std::uint64_t> num_queries;  ///< one per round
  std::uint64_t mu_pow_bits = 0;
  std::uint64_t query_phase_pow_bits = 0;
  std::uint64_t folding_pow_bits = 0;
  WhirProximity proximity;
  friend bool operator==(const WhirParams&, const WhirParams&) = default;
};

struct LogUpParams {
  std::uint32_t max_interaction_count = 0;
  std::uint32_t log_max_message_length = 0;
  std::uint64_t pow_bits = 0;
  friend bool operator==(const LogUpParams&, const LogUpParams&) = default;
};

/// Everything both sides agree on before a proof. Part of the verifying key. Spec 01, section 6.
struct SystemParams {
  std::uint64_t l_skip = 0;      ///< log2 of the univariate-skip domain
  std::uint64_t n_stack = 0;     ///< a stacked column has 2^(l_skip + n_stack) rows
  std::uint64_t w_stack = 0;     ///< bound on the stacked columns of all commitments of a proof
  std::uint64_t log_blowup = 0;  ///< -log2 of the rate of the initial code
  WhirParams whir;
  LogUpParams logup;
  std::uint64_t max_constraint_degree = 0;
  friend bool operator==(const SystemParams&, const SystemParams&) = default;

  unsigned log_stacked_height() const { return static_cast<unsigned>(l_skip + n_stack); }
  unsigned num_whir_rounds() const { return static_cast<unsigned>(whir.num_queries.size()); }
  unsigned num_whir_sumcheck_rounds() const {
    return static_cast<unsigned>(whir.k) * num_whir_rounds();
  }
  unsigned log_final_poly_length() const {
    return log_stacked_height() - num_whir_sumcheck_rounds();
  }

  /// What makes these parameters unusable (spec 08, section 7.2), in words that name the field and
  /// the limit; nothing if they are sound to run with.
  std::optional<std::string> validate() const;
};

/// Inputs of the derivation of WHIR rounds. Spec 01, section 7.
struct WhirDerivation {
  unsigned log_blowup = 1;
  unsigned log_stacked_height = 0;
  unsigned k = 4;
  unsigned max_log_final_poly_length = 10;
  unsigned security_bits = 100;
  unsigned query_phase_pow_bits = 20;
  WhirProximity proximity;
};

/// The number of queries of each round. Spec 01, section 7.
std::vector<std::uint64_t> derive_whir_queries(const WhirDerivation& derivation);

/// Grinding bits for LogUp at 100 bits of security. Spec 01, section 7.
std::uint64_t derive_logup_pow_bits(const WhirProximity& proximity, unsigned log_blowup);

/// The production parameter sets. Spec 01, section 8.
namespace presets {

/// Application proofs; log_stacked_height in [11, 24]. Misuse outside of it.
SystemParams app(unsigned log_stacked_height);
SystemParams leaf();
SystemParams internal();
SystemParams root();
SystemParams hook();

/// Parameters of the reference's tests, insecure: test_small(2, 8, 3) is its default. Spec 01,
/// section 9.
SystemParams test_small(unsigned l_skip, unsigned n_stack, unsigned k);
/// The same family with l_skip 4, k 4, degree 4. Requires log_stacked_height >= 5.
SystemParams testing(unsigned log_stacked_height);

/// "app:21", "leaf", "internal", "root", "hook", "test" (= test_small(2, 8, 3)), "testing:H".
/// Nothing if the name is unknown or its argument out of range.
std::optional<SystemParams> by_name(std::string_view name);

}  // namespace presets

}  // namespace gyre

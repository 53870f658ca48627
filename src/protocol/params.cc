#include "gyre/protocol/params.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "gyre/field/fp.h"
#include "gyre/support/error.h"

namespace gyre {
namespace {

constexpr std::uint64_t kMaxGrindingBits = 30;  // 2^bits < p

std::string text(std::uint64_t value) {
  return std::to_string(value);
}

/// A sentence if `bits` is not a grinding difficulty that a transcript can test.
std::optional<std::string> check_grinding(const char* field, std::uint64_t bits) {
  if (bits <= kMaxGrindingBits) return std::nullopt;
  return std::string(field) + " is " + text(bits) + ", at most " + text(kMaxGrindingBits) +
         " is possible";
}

bool uses_list_decoding(const WhirProximity& proximity, std::uint64_t round) {
  switch (proximity.kind) {
    case WhirProximity::Kind::kUniqueDecoding:
      return false;
    case WhirProximity::Kind::kSplitUniqueList:
      return round >= proximity.list_start_round;
    case WhirProximity::Kind::kListDecoding:
      return true;
  }
  return false;
}

/// Queries that reach `target_bits` when one of them misses a word far from the code with
/// probability `agreement`.
std::uint64_t queries_for(double target_bits, double agreement) {
  if (agreement >= 1.0) return 0;
  agreement = std::max(agreement, std::numeric_limits<double>::min());
  return static_cast<std::uint64_t>(std::ceil(target_bits / -std::log2(agreement)));
}

}  // namespace

std::string_view WhirProximity::kind_name() const {
  constexpr std::string_view kNames[] = {"UniqueDecoding", "SplitUniqueList", "ListDecoding"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<std::string> SystemParams::validate() const {
  constexpr std::uint64_t kTwoAdicity = Fp::kTwoAdicity;
  // Each summand is bounded first, so that the sum cannot wrap.
  if (l_skip > kTwoAdicity || n_stack > kTwoAdicity || log_blowup > kTwoAdicity ||
      l_skip + n_stack + log_blowup > kTwoAdicity) {
    return "l_skip " + text(l_skip) + " + n_stack " + text(n_stack) + " + log_blowup " +
           text(log_blowup) + " exceeds the field's two-adicity " + text(kTwoAdicity);
  }
  const std::uint64_t rounds = whir.num_queries.size();
  if (rounds == 0) return "whir.num_queries is empty, at least one round is needed";
  if (whir.k == 0) return "whir.k is 0, at least 1 is needed";
  const std::uint64_t log_height = l_skip + n_stack;
  if (whir.k > log_height || rounds > log_height / whir.k) {
    return text(rounds) + " WHIR rounds that fold by 2^" + text(whir.k) +
           " exceed the stacked height 2^" + text(log_height);
  }
  for (std::size_t r = 0; r < rounds; ++r) {
    if (whir.num_queries[r] == 0) return "whir.num_queries[" + text(r) + "] is 0";
  }

  if (auto problem = check_grinding("whir.mu_pow_bits", whir.mu_pow_bits)) return problem;
  if (auto problem = check_grinding("whir.query_phase_pow_bits", whir.query_phase_pow_bits)) {
    return problem;
  }
  if (auto problem = check_grinding("whir.folding_pow_bits", whir.folding_pow_bits)) {
    return problem;
  }
  if (auto problem = check_grinding("logup.pow_bits", logup.pow_bits)) return problem;

  if (max_constraint_degree == 0) return "max_constraint_degree is 0, at least 1 is needed";
  constexpr std::uint64_t kMaxLength = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t domain = std::uint64_t{1} << l_skip;
  if (max_constraint_degree > kMaxLength - 1 ||
      (max_constraint_degree + 1) * (domain - 1) + 1 > kMaxLength) {
    return "max_constraint_degree " + text(max_constraint_degree) + " with l_skip " + text(l_skip) +
           " gives a round polynomial of more than 2^32 coefficients";
  }
  return std::nullopt;
}

std::vector<std::uint64_t> derive_whir_queries(const WhirDerivation& derivation) {
  if (derivation.k == 0) throw misuse("derive_whir_queries: k is 0");
  const double target_bits = std::max(
      static_cast<double>(derivation.security_bits) - derivation.query_phase_pow_bits, 0.0);
  const unsigned folded = derivation.log_stacked_height > derivation.max_log_final_poly_length
                              ? derivation.log_stacked_height - derivation.max_log_final_poly_length
                              : 0;
  const unsigned rounds = (folded + derivation.k - 1) / derivation.k;

  std::vector<std::uint64_t> num_queries;
  for (unsigned r = 0; r < rounds; ++r) {
    const double log_inverse_rate =
        static_cast<double>(derivation.log_blowup) + static_cast<double>(r) * (derivation.k - 1);
    const double rate = std::exp2(-log_inverse_rate);
    const double m = static_cast<double>(std::max<std::uint64_t>(derivation.proximity.m, 1));
    const double agreement = uses_list_decoding(derivation.proximity, r)
                                 ? std::sqrt(rate) * (1.0 + 1.0 / (2.0 * m))
                                 : (1.0 + rate) / 2.0;
    num_queries.push_back(queries_for(target_bits, agreement));
  }
  return num_queries;
}

std::uint64_t derive_logup_pow_bits(const WhirProximity& proximity, unsigned log_blowup) {
  constexpr double kSecurityBits = 100, kLogMaxMessageLength = 7, kLeastBits = 18;
  double log_list_size = 0;
  if (uses_list_decoding(proximity, 0)) {
    const double m = static_cast<double>(std::max<std::uint64_t>(proximity.m, 1));
    const double rate = std::exp2(-static_cast<double>(log_blowup));
    const double root = std::sqrt(rate);
    const double radius = 1.0 - root - root / (2.0 * m);
    if (!(radius > 0.0) || (m == 1.0 && !(rate < 4.0 / 9.0))) {
      throw misuse("derive_logup_pow_bits: no list-decoding radius for m = " + text(proximity.m) +
                   " at log_blowup " + text(log_blowup));
    }
    log_list_size = std::log2(m + 0.5) + log_blowup / 2.0;
  }
  const double log_p = std::log2(static_cast<double>(Fp::kModulus));
  const double security = 4.0 * log_p - (1.0 + log_p) - kLogMaxMessageLength - log_list_size;
  return static_cast<std::uint64_t>(std::max(kLeastBits, std::ceil(kSecurityBits - security)));
}

namespace presets {
namespace {

struct ProductionSet {
  unsigned l_skip, n_stack, w_stack, log_blowup, mu_pow, query_pow, folding_pow, degree;
  WhirProximity proximity;
};

SystemParams production(const ProductionSet& set) {
  const WhirDerivation derivation{.log_blowup = set.log_blowup,
                                  .log_stacked_height = set.l_skip + set.n_stack,
                                  .query_phase_pow_bits = set.query_pow,
                                  .proximity = set.proximity};
  return {.l_skip = set.l_skip,
          .n_stack = set.n_stack,
          .w_stack = set.w_stack,
          .log_blowup = set.log_blowup,
          .whir = {.k = derivation.k,
                   .num_queries = derive_whir_queries(derivation),
                   .mu_pow_bits = set.mu_pow,
                   .query_phase_pow_bits = set.query_pow,
                   .folding_pow_bits = set.folding_pow,
                   .proximity = set.proximity},
          .logup = {.max_interaction_count = Fp::kModulus,
                    .log_max_message_length = 7,
                    .pow_bits = derive_logup_pow_bits(set.proximity, set.log_blowup)},
          .max_constraint_degree = set.degree};
}

WhirProximity list_decoding(std::uint64_t m) {
  return {.kind = WhirProximity::Kind::kListDecoding, .m = m};
}

}  // namespace

SystemParams app(unsigned log_stacked_height) {
  constexpr unsigned kLSkip = 4;
  if (log_stacked_height < 11 || log_stacked_height > 24) {
    throw misuse("presets::app: log_stacked_height is " + text(log_stacked_height) +
                 ", expected 11 to 24");
  }
  return production({.l_skip = kLSkip,
                     .n_stack = log_stacked_height - kLSkip,
                     .w_stack = 2048,
                     .log_blowup = 1,
                     .mu_pow = 15,
                     .query_pow = 20,
                     .folding_pow = 5,
                     .degree = 3});
}

SystemParams leaf() {
  return production({.l_skip = 4,
                     .n_stack = 17,
                     .w_stack = 2048,
                     .log_blowup = 2,
                     .mu_pow = 13,
                     .query_pow = 20,
                     .folding_pow = 4,
                     .degree = 4});
}

SystemParams internal() {
  return production({.l_skip = 2,
                     .n_stack = 17,
                     .w_stack = 512,
                     .log_blowup = 3,
                     .mu_pow = 20,
                     .query_pow = 20,
                     .folding_pow = 18,
                     .degree = 4,
                     .proximity = list_decoding(2)});
}

SystemParams root() {
  return production({.l_skip = 2,
                     .n_stack = 18,
                     .w_stack = 18,
                     .log_blowup = 4,
                     .mu_pow = 15,
                     .query_pow = 15,
                     .folding_pow = 15,
                     .degree = 4,
                     .proximity = list_decoding(1)});
}

SystemParams hook() {
  return production({.l_skip = 2,
                     .n_stack = 18,
                     .w_stack = 80,
                     .log_blowup = 2,
                     .mu_pow = 11,
                     .query_pow = 20,
                     .folding_pow = 12,
                     .degree = 4,
                     .proximity = list_decoding(1)});
}

SystemParams test_small(unsigned l_skip, unsigned n_stack, unsigned k) {
  const unsigned log_stacked_height = l_skip + n_stack;
  if (k == 0 || k > log_stacked_height || log_stacked_height >= Fp::kTwoAdicity) {
    throw misuse("presets::test_small: cannot fold 2^" + text(log_stacked_height) + " rows by 2^" +
                 text(k));
  }
  const WhirDerivation derivation{
      .log_blowup = 1,
      .log_stacked_height = log_stacked_height,
      .k = k,
      .max_log_final_poly_length = log_stacked_height % k,
      .security_bits = 5,
      .query_phase_pow_bits = 1,
      .proximity = {.kind = WhirProximity::Kind::kSplitUniqueList, .m = 3, .list_start_round = 1}};
  return {.l_skip = l_skip,
          .n_stack = n_stack,
          .w_stack = 4096,
          .log_blowup = derivation.log_blowup,
          .whir = {.k = k,
                   .num_queries = derive_whir_queries(derivation),
                   .mu_pow_bits = 3,
                   .query_phase_pow_bits = derivation.query_phase_pow_bits,
                   .folding_pow_bits = 2,
                   .proximity = derivation.proximity},
          .logup = {.max_interaction_count = std::uint32_t{1} << 30,
                    .log_max_message_length = 7,
                    .pow_bits = 2},
          .max_constraint_degree = 3};
}

SystemParams testing(unsigned log_stacked_height) {
  if (log_stacked_height < 5 || log_stacked_height >= Fp::kTwoAdicity) {
    throw misuse("presets::testing: log_stacked_height is " + text(log_stacked_height) +
                 ", expected 5 to " + text(Fp::kTwoAdicity - 1));
  }
  SystemParams params = test_small(4, log_stacked_height - 4, 4);
  params.max_constraint_degree = 4;
  return params;
}

std::optional<SystemParams> by_name(std::string_view name) {
  if (name == "leaf") return leaf();
  if (name == "internal") return internal();
  if (name == "root") return root();
  if (name == "hook") return hook();
  if (name == "test") return test_small(2, 8, 3);

  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view family = name.substr(0, colon), argument = name.substr(colon + 1);
  unsigned log_height = 0;
  const char* const end = argument.data() + argument.size();
  const auto [rest, error] = std::from_chars(argument.data(), end, log_height);
  if (error != std::errc{} || rest != end) return std::nullopt;
  if (family == "app" && log_height >= 11 && log_height <= 24) return app(log_height);
  if (family == "testing" && log_height >= 5 && log_height < Fp::kTwoAdicity) {
    return testing(log_height);
  }
  return std::nullopt;
}

}  // namespace presets

}  // namespace gyre

#include "kernel_work.h"

#include <bit>
#include <charconv>
#include <cmath>

namespace gyre::bench {
namespace {

using Arguments = std::vector<double>;

/// What does not fit into this is read from main memory.
constexpr double kCacheBytes = 1 << 24;

double beyond_cache(double bytes) {
  return bytes > kCacheBytes ? bytes : 0;
}

Work transforms(double count, double log_size) {
  const double values = count * std::exp2(log_size);
  return {.butterflies = values / 2 * log_size, .bytes = beyond_cache(2 * 4 * values)};
}

/// Stacked columns of 2^log_height values, committed to with the parameters of app(log_height).
ProofWork stacked(double log_height, double columns) {
  return {presets::app(static_cast<unsigned>(log_height)),
          {.rows = std::exp2(log_height), .columns = columns}};
}

/// Rows of the trace of that many Keccak-f permutations.
AirShape keccak_of(double permutations) {
  constexpr double kRowsEach = 24;
  return keccak_air(
      static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(kRowsEach * permutations))));
}

/// 64 interactions with messages of 4 columns on 2^log_height rows: bench/fraction_tree_bench.cc.
double leaves(double log_height) {
  return 64 * std::exp2(log_height);
}

struct Entry {
  std::string_view name;
  std::size_t arguments;
  Work (*work)(const Arguments&);
};

const Entry kEntries[] = {
    // hash
    {"Poseidon2HashRowsBatch", 1,
     [](const Arguments& a) { return Work{.permutations = 16 * std::ceil(a[0] / 8)}; }},
    // stacking
    {"EncodeTile", 2, [](const Arguments& a) { return transforms(16, a[0]); }},
    {"Encode", 2, [](const Arguments& a) { return stacked(a[0], a[1]).encode(); }},
    {"Commit", 2,
     [](const Arguments& a) { return stacked(a[0], a[1]).encode() + stacked(a[0], a[1]).tree(); }},
    // backend; spec 09, section 3.3: per leaf
    {"BuildTree", 1,
     [](const Arguments& a) {
       return Work{.accumulations = 4 * leaves(a[0]),
                   .extension_products = 2.25 * leaves(a[0]),
                   .bytes = beyond_cache(56 * leaves(a[0]))};
     }},
    {"ProveLayers", 1,
     [](const Arguments& a) {
       return Work{.extension_products = 11 * leaves(a[0]),
                   .bytes = beyond_cache(232 * leaves(a[0]))};
     }},
    {"ConstraintsRound0", 1,
     [](const Arguments& a) { return ProofWork(presets::app(17), keccak_of(a[0])).round0(); }},
    {"ConstraintsWholeSumcheck", 1,
     [](const Arguments& a) {
       const ProofWork proof(presets::app(17), keccak_of(a[0]));
       return proof.round0() + proof.fold_prism() + proof.multilinear_rounds();
     }},
    // prover
    {"ProveKeccak", 2,
     [](const Arguments& a) {
       const SystemParams params = presets::app(static_cast<unsigned>(a[1]));
       return ProofWork(params, keccak_of(a[0])).phases().front().work;
     }},
};

/// The part before the next '/', which is taken off.
std::string_view next_part(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

}  // namespace

std::optional<Work> kernel_work(std::string_view benchmark) {
  const std::string_view name = next_part(benchmark);
  Arguments arguments;
  while (!benchmark.empty()) {
    const std::string_view part = next_part(benchmark);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size()) continue;  // "real_time"
    arguments.push_back(number);
  }
  for (const Entry& entry : kEntries) {
    if (entry.name == name && arguments.size() >= entry.arguments) return entry.work(arguments);
  }
  return std::nullopt;
}

bool uses_all_threads(std::string_view benchmark) {
  return benchmark.find("/real_time") != std::string_view::npos;
}

}  // namespace gyre::bench

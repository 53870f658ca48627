#include "report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iterator>

namespace gyre::cli {

void print_json(const Json& result) {
  // A file's name or an AIR's need not be UTF-8.
  fmt::print("{}\n", result.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, 1, ',');
  return digits;
}

Json canonical_json(std::span<const Fp> values) {
  Json list = Json::array();
  for (const Fp value : values) list.push_back(value.canonical());
  return list;
}

Json params_json(const SystemParams& params) {
  const WhirProximity& proximity = params.whir.proximity;
  Json proximity_json = {{"kind", proximity.kind_name()}};
  if (proximity.kind != WhirProximity::Kind::kUniqueDecoding) proximity_json["m"] = proximity.m;
  if (proximity.kind == WhirProximity::Kind::kSplitUniqueList) {
    proximity_json["list_start_round"] = proximity.list_start_round;
  }
  return {{"l_skip", params.l_skip},
          {"n_stack", params.n_stack},
          {"w_stack", params.w_stack},
          {"log_blowup", params.log_blowup},
          {"whir_k", params.whir.k},
          {"whir_num_queries", params.whir.num_queries},
          {"whir_mu_pow_bits", params.whir.mu_pow_bits},
          {"whir_query_phase_pow_bits", params.whir.query_phase_pow_bits},
          {"whir_folding_pow_bits", params.whir.folding_pow_bits},
          {"whir_proximity", std::move(proximity_json)},
          {"logup_max_interaction_count", params.logup.max_interaction_count},
          {"logup_log_max_message_length", params.logup.log_max_message_length},
          {"logup_pow_bits", params.logup.pow_bits},
          {"max_constraint_degree", params.max_constraint_degree}};
}

Json part_sizes_json(std::span<const ProofPartSize> sizes) {
  Json parts = Json::object();
  for (const ProofPartSize& size : sizes) parts[size.part] = size.bytes;
  return parts;
}

std::string part_sizes_table(std::span<const ProofPartSize> sizes) {
  std::size_t total = 0, width = 4;
  for (const ProofPartSize& size : sizes) {
    total += size.bytes;
    width = std::max(width, std::string_view(size.part).size());
  }
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<{}}  {:>12}  {:>7}\n", "part", width, "bytes", "share");
  for (const ProofPartSize& size : sizes) {
    const double share = 100.0 * static_cast<double>(size.bytes) / static_cast<double>(total);
    fmt::format_to(out, "{:<{}}  {:>12}  {:>5.1f} %\n", size.part, width, grouped(size.bytes),
                   share);
  }
  fmt::format_to(out, "{:<{}}  {:>12}\n", "all", width, grouped(total));
  return text;
}

Progress::Progress(Telemetry& telemetry)
    : telemetry_(telemetry), shown_(::isatty(STDERR_FILENO) == 1) {
  if (!shown_) return;
  telemetry_.on_span_start([](const SpanRecord& span) {
    std::fprintf(stderr, "\r\x1b[K%8.1f s  %.*s", span.start_seconds,
                 static_cast<int>(span.name.size()), span.name.data());
    std::fflush(stderr);
  });
}

Progress::~Progress() {
  if (!shown_) return;
  telemetry_.on_span_start({});
  std::fputs("\r\x1b[K", stderr);
}

}  // namespace gyre::cli

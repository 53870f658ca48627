#include "bundle/key_checks.h"

#include <fmt/format.h>

#include <span>

namespace gyre {
namespace {

template <class T>
void check_optional(const JsonReader& object, const char* key, T expected) {
  if (const auto member = object.find(key)) {
    if constexpr (std::is_same_v<T, bool>) {
      member->require_equal(expected);
    } else {
      member->require_equal(static_cast<std::uint64_t>(expected));
    }
  }
}

template <class T>
void check_list(const JsonReader& list, std::span<const T> expected) {
  if (list.size() != expected.size()) {
    list.fail(fmt::format("has {} entries, but vk.postcard has {}", list.size(), expected.size()));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if constexpr (std::is_same_v<T, Fp>) {
      list.element(i).require_equal(std::uint64_t{expected[i].canonical()});
    } else {
      list.element(i).require_equal(std::uint64_t{expected[i]});
    }
  }
}

void check_proximity(const JsonReader& description, const WhirProximity& proximity) {
  const JsonReader kind = description.at("kind");
  if (kind.text() != proximity.kind_name()) {
    kind.fail(fmt::format("is {}, but vk.postcard says {}", kind.text(), proximity.kind_name()));
  }
  if (proximity.kind != WhirProximity::Kind::kUniqueDecoding) {
    check_optional(description, "m", proximity.m);
  }
  if (proximity.kind == WhirProximity::Kind::kSplitUniqueList) {
    check_optional(description, "list_start_round", proximity.list_start_round);
  }
}

void check_params(const JsonReader& description, const SystemParams& params) {
  check_optional(description, "l_skip", params.l_skip);
  check_optional(description, "n_stack", params.n_stack);
  check_optional(description, "w_stack", params.w_stack);
  check_optional(description, "log_blowup", params.log_blowup);
  check_optional(description, "whir_k", params.whir.k);
  if (const auto queries = description.find("whir_num_queries")) {
    check_list(*queries, std::span(params.whir.num_queries));
  }
  check_optional(description, "whir_mu_pow_bits", params.whir.mu_pow_bits);
  check_optional(description, "whir_query_phase_pow_bits", params.whir.query_phase_pow_bits);
  check_optional(description, "whir_folding_pow_bits", params.whir.folding_pow_bits);
  if (const auto proximity = description.find("whir_proximity")) {
    check_proximity(*proximity, params.whir.proximity);
  }
  check_optional(description, "logup_max_interaction_count", params.logup.max_interaction_count);
  check_optional(description, "logup_log_max_message_length", params.logup.log_max_message_length);
  check_optional(description, "logup_pow_bits", params.logup.pow_bits);
  check_optional(description, "max_constraint_degree", params.max_constraint_degree);
}

void check_width(const JsonReader& description, const TraceWidth& width) {
  if (const auto preprocessed = description.find("preprocessed")) {
    if (!width.preprocessed) {
      if (!preprocessed->is_null()) preprocessed->fail("must be null: the key has no such trace");
    } else {
      preprocessed->require_equal(std::uint64_t{*width.preprocessed});
    }
  }
  if (const auto cached = description.find("cached")) {
    check_list(*cached, std::span(width.cached_mains));
  }
  check_optional(description, "common", width.common_main);
}

}  // namespace

void check_system(const JsonReader& description, const VerifyingKey& key) {
  if (const auto params = description.find("params")) check_params(*params, key.params);
  if (const auto pre_hash = description.find("vk_pre_hash")) {
    check_list(*pre_hash, std::span<const Fp>(key.pre_hash));
  }
  if (const auto constraints = description.find("trace_height_constraints")) {
    const auto& expected = key.trace_height_constraints;
    if (constraints->size() != expected.size()) {
      constraints->fail(fmt::format("has {} entries, but vk.postcard has {}", constraints->size(),
                                    expected.size()));
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const JsonReader constraint = constraints->element(i);
      check_list(constraint.at("coefficients"), std::span(expected[i].coefficients));
      check_optional(constraint, "threshold", expected[i].threshold);
    }
  }
}

void check_air(const JsonReader& description, const AirVerifyingKey& key) {
  check_optional(description, "required", key.is_required);
  if (const auto width = description.find("width")) check_width(*width, key.width);
  check_optional(description, "num_public_values", key.num_public_values);
  check_optional(description, "need_rot", key.need_rot);
  check_optional(description, "max_constraint_degree", key.max_constraint_degree);
  check_optional(description, "num_constraints", key.symbolic.constraint_nodes.size());
  check_optional(description, "num_interactions", key.symbolic.interactions.size());
  check_optional(description, "num_dag_nodes", key.symbolic.nodes.size());
}

}  // namespace gyre

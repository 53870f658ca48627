#include "gyre/keys/verifying_key.h"
#include "keys/postcard.h"

namespace gyre {

namespace {

void write_params(PostcardWriter& out, const SystemParams& params) {
  out.varint(params.l_skip);
  out.varint(params.n_stack);
  out.varint(params.w_stack);
  out.varint(params.log_blowup);
  out.varint(params.whir.k);
  out.varint(params.whir.num_queries.size());
  for (const std::uint64_t queries : params.whir.num_queries) out.varint(queries);
  out.varint(params.whir.mu_pow_bits);
  out.varint(params.whir.query_phase_pow_bits);
  out.varint(params.whir.folding_pow_bits);
  const WhirProximity& proximity = params.whir.proximity;
  out.varint(static_cast<std::uint64_t>(proximity.kind));
  if (proximity.kind != WhirProximity::Kind::kUniqueDecoding) out.varint(proximity.m);
  if (proximity.kind == WhirProximity::Kind::kSplitUniqueList) {
    out.varint(proximity.list_start_round);
  }
  out.varint(params.logup.max_interaction_count);
  out.varint(params.logup.log_max_message_length);
  out.varint(params.logup.pow_bits);
  out.varint(params.max_constraint_degree);
}

void write_variable(PostcardWriter& out, const Variable& variable) {
  out.varint(static_cast<std::uint64_t>(variable.source));
  if (variable.source == VariableSource::kMain) out.varint(variable.part);
  if (variable.source == VariableSource::kPreprocessed ||
      variable.source == VariableSource::kMain) {
    out.varint(variable.offset);
  }
  out.varint(variable.index);
}

void write_node(PostcardWriter& out, const DagNode& node) {
  out.varint(static_cast<std::uint64_t>(node.kind));
  switch (node.kind) {
    case NodeKind::kVariable:
      return write_variable(out, node.variable);
    case NodeKind::kIsFirstRow:
    case NodeKind::kIsLastRow:
    case NodeKind::kIsTransition:
      return;
    case NodeKind::kConstant:
      return out.element(node.constant);
    case NodeKind::kNeg:
      out.varint(node.left);
      return out.varint(node.degree);
    case NodeKind::kAdd:
    case NodeKind::kSub:
    case NodeKind::kMul:
      out.varint(node.left);
      out.varint(node.right);
      return out.varint(node.degree);
  }
}

void write_interaction(PostcardWriter& out, const Interaction& interaction) {
  out.varint(interaction.message.size());
  for (const std::uint32_t node : interaction.message) out.varint(node);
  out.varint(interaction.count);
  out.varint(interaction.bus_index);
  out.varint(interaction.count_weight);
}

void write_width(PostcardWriter& out, const TraceWidth& width) {
  out.boolean(width.preprocessed.has_value());
  if (width.preprocessed) out.varint(*width.preprocessed);
  out.varint(width.cached_mains.size());
  for (const std::uint32_t cached : width.cached_mains) out.varint(cached);
  out.varint(width.common_main);
}

void write_air(PostcardWriter& out, const AirVerifyingKey& air) {
  out.boolean(air.preprocessed.has_value());
  if (air.preprocessed) {
    out.digest(air.preprocessed->commit);
    out.signed_varint(air.preprocessed->hypercube_dim);
    out.varint(air.preprocessed->stacking_width);
  }
  write_width(out, air.width);
  out.varint(air.num_public_values);
  out.boolean(air.need_rot);
  out.varint(air.symbolic.nodes.size());
  for (const DagNode& node : air.symbolic.nodes) write_node(out, node);
  out.varint(air.symbolic.constraint_nodes.size());
  for (const std::uint32_t node : air.symbolic.constraint_nodes) out.varint(node);
  out.varint(air.symbolic.interactions.size());
  for (const Interaction& interaction : air.symbolic.interactions) {
    write_interaction(out, interaction);
  }
  out.byte(air.max_constraint_degree);
  out.boolean(air.is_required);
  out.varint(air.unused_variables.size());
  for (const Variable& variable : air.unused_variables) write_variable(out, variable);
}

constexpr std::uint32_t kCodecVersion = 3;

}  // namespace

std::vector<std::uint8_t> encode_verifying_key(const VerifyingKey& key) {
  PostcardWriter out;
  write_params(out, key.params);
  out.varint(key.per_air.size());
  for (const AirVerifyingKey& air : key.per_air) write_air(out, air);
  out.varint(key.trace_height_constraints.size());
  for (const LinearConstraint& constraint : key.trace_height_constraints) {
    out.varint(constraint.coefficients.size());
    for (const std::uint32_t coefficient : constraint.coefficients) out.varint(coefficient);
    out.varint(constraint.threshold);
  }
  return out.take();
}

Digest verifying_key_pre_hash(std::span<const std::uint8_t> encoded) {
  std::vector<Fp> values;
  values.reserve(12 + encoded.size());
  const auto push_little_endian = [&](std::uint64_t number, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      values.push_back(Fp::from_canonical(static_cast<std::uint8_t>(number >> (8 * i))));
    }
  };
  push_little_endian(kCodecVersion, 4);
  push_little_endian(encoded.size(), 8);
  for (const std::uint8_t byte : encoded) values.push_back(Fp::from_canonical(byte));
  return hash_slice(values);
}

}  // namespace gyre

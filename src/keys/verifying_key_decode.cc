#include "gyre/keys/verifying_key.h"
#include "keys/postcard.h"
#include "keys/verifying_key_check.h"

namespace gyre {

namespace {

// Smallest encodings of the items of lists, in bytes. They bound what a count may reserve.
constexpr std::size_t kMinVarint = 1;
constexpr std::size_t kMinNode = 1;         // a selector
constexpr std::size_t kMinVariable = 2;     // public value: source, index
constexpr std::size_t kMinInteraction = 4;  // empty message, count, bus, weight
constexpr std::size_t kMinAir = 12;         // every field absent or empty
constexpr std::size_t kMinConstraint = 2;   // no coefficients, threshold

SystemParams read_params(PostcardReader& in) {
  SystemParams params;
  params.l_skip = in.varint("l_skip");
  params.n_stack = in.varint("n_stack");
  params.w_stack = in.varint("w_stack");
  params.log_blowup = in.varint("log_blowup");
  params.whir.k = in.varint("whir.k");
  params.whir.num_queries.resize(in.count("whir.rounds", kMinVarint));
  for (std::uint64_t& queries : params.whir.num_queries) queries = in.varint("num_queries");
  params.whir.mu_pow_bits = in.varint("whir.mu_pow_bits");
  params.whir.query_phase_pow_bits = in.varint("whir.query_phase_pow_bits");
  params.whir.folding_pow_bits = in.varint("whir.folding_pow_bits");
  WhirProximity& proximity = params.whir.proximity;
  proximity.kind = static_cast<WhirProximity::Kind>(in.variant("whir.proximity", 3));
  if (proximity.kind != WhirProximity::Kind::kUniqueDecoding) proximity.m = in.varint("m");
  if (proximity.kind == WhirProximity::Kind::kSplitUniqueList) {
    proximity.list_start_round = in.varint("list_start_round");
  }
  params.logup.max_interaction_count =
      static_cast<std::uint32_t>(in.varint("logup.max_interaction_count", UINT32_MAX));
  params.logup.log_max_message_length =
      static_cast<std::uint32_t>(in.varint("logup.log_max_message_length", UINT32_MAX));
  params.logup.pow_bits = in.varint("logup.pow_bits");
  params.max_constraint_degree = in.varint("max_constraint_degree");
  return params;
}

Variable read_variable(PostcardReader& in) {
  Variable variable;
  variable.source = static_cast<VariableSource>(in.variant("variable entry", 4));
  if (variable.source == VariableSource::kMain) variable.part = in.narrow("part_index");
  if (variable.source == VariableSource::kPreprocessed ||
      variable.source == VariableSource::kMain) {
    variable.offset = in.narrow("offset");
  }
  variable.index = in.narrow("variable index");
  return variable;
}

DagNode read_node(PostcardReader& in) {
  DagNode node;
  node.kind = static_cast<NodeKind>(in.variant("node", 9));
  switch (node.kind) {
    case NodeKind::kVariable:
      node.variable = read_variable(in);
      break;
    case NodeKind::kIsFirstRow:
    case NodeKind::kIsLastRow:
    case NodeKind::kIsTransition:
      break;
    case NodeKind::kConstant:
      node.constant = in.element("constant");
      break;
    case NodeKind::kNeg:
      node.left = in.narrow("child");
      node.degree = in.narrow("degree");
      break;
    case NodeKind::kAdd:
    case NodeKind::kSub:
    case NodeKind::kMul:
      node.left = in.narrow("left");
      node.right = in.narrow("right");
      node.degree = in.narrow("degree");
      break;
  }
  return node;
}

Interaction read_interaction(PostcardReader& in) {
  Interaction interaction;
  interaction.message.resize(in.count("message", kMinVarint));
  for (std::uint32_t& node : interaction.message) node = in.narrow("message field");
  interaction.count = in.narrow("interaction count");
  interaction.bus_index = static_cast<std::uint16_t>(in.varint("bus_index", UINT16_MAX));
  interaction.count_weight = static_cast<std::uint32_t>(in.varint("count_weight", UINT32_MAX));
  return interaction;
}

TraceWidth read_width(PostcardReader& in) {
  TraceWidth width;
  if (in.boolean("width.preprocessed")) width.preprocessed = in.narrow("width.preprocessed");
  width.cached_mains.resize(in.count("width.cached_mains", kMinVarint));
  for (std::uint32_t& cached : width.cached_mains) cached = in.narrow("width.cached_mains");
  width.common_main = in.narrow("width.common_main");
  return width;
}

/// Appends `count` items, stopping at the first error, so that a long list of nothing is not made
/// after one.
template <class T, class Read>
void read_list(PostcardReader& in, std::vector<T>& items, std::size_t count, Read&& read) {
  items.reserve(count);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) items.push_back(read(in));
}

AirVerifyingKey read_air(PostcardReader& in) {
  AirVerifyingKey air;
  if (in.boolean("preprocessed_data")) {
    air.preprocessed.emplace();
    air.preprocessed->commit = in.digest("preprocessed_data.commit");
    air.preprocessed->hypercube_dim = in.signed_varint("preprocessed_data.hypercube_dim");
    air.preprocessed->stacking_width = in.varint("preprocessed_data.stacking_width");
  }
  air.width = read_width(in);
  air.num_public_values = in.varint("num_public_values");
  air.need_rot = in.boolean("need_rot");
  read_list(in, air.symbolic.nodes, in.count("dag.nodes", kMinNode), read_node);
  air.symbolic.constraint_nodes.resize(in.count("dag.constraint_idx", kMinVarint));
  for (std::uint32_t& node : air.symbolic.constraint_nodes) node = in.narrow("constraint_idx");
  read_list(in, air.symbolic.interactions, in.count("interactions", kMinInteraction),
            read_interaction);
  air.max_constraint_degree = in.byte("max_constraint_degree");
  air.is_required = in.boolean("is_required");
  read_list(in, air.unused_variables, in.count("unused_variables", kMinVariable), read_variable);
  return air;
}

LinearConstraint read_linear_constraint(PostcardReader& in) {
  LinearConstraint constraint;
  constraint.coefficients.resize(in.count("coefficients", kMinVarint));
  for (std::uint32_t& coefficient : constraint.coefficients) {
    coefficient = static_cast<std::uint32_t>(in.varint("coefficient", UINT32_MAX));
  }
  constraint.threshold = static_cast<std::uint32_t>(in.varint("threshold", UINT32_MAX));
  return constraint;
}

VerifyingKey read_key(PostcardReader& in) {
  VerifyingKey key;
  in.set_context("params: ");
  key.params = read_params(in);
  in.set_context("");
  const std::size_t num_airs = in.count("per_air", kMinAir);
  key.per_air.reserve(num_airs);
  for (std::size_t i = 0; i < num_airs && !in.failed(); ++i) {
    in.set_context("AIR " + std::to_string(i) + ": ");
    key.per_air.push_back(read_air(in));
  }
  in.set_context("trace_height_constraints: ");
  read_list(in, key.trace_height_constraints, in.count("list", kMinConstraint),
            read_linear_constraint);
  in.set_context("");
  in.finish();
  return key;
}

std::string_view code_name(KeyDecodeError::Code code) {
  switch (code) {
    case KeyDecodeError::Code::kUnexpectedEof:
      return "unexpected end";
    case KeyDecodeError::Code::kMalformedVarint:
      return "malformed number";
    case KeyDecodeError::Code::kNonCanonicalField:
      return "not a field element";
    case KeyDecodeError::Code::kUnknownVariant:
      return "unknown variant";
    case KeyDecodeError::Code::kTrailingBytes:
      return "trailing bytes";
    case KeyDecodeError::Code::kLimitExceeded:
      return "limit exceeded";
    case KeyDecodeError::Code::kInvalid:
      return "invalid key";
  }
  return "error";
}

}  // namespace

std::string KeyDecodeError::message() const {
  return "verifying key: " + std::string(code_name(code)) + " at byte " + std::to_string(offset) +
         ": " + detail;
}

Result<VerifyingKey, KeyDecodeError> decode_verifying_key(std::span<const std::uint8_t> bytes) {
  PostcardReader in(bytes);
  VerifyingKey key = read_key(in);
  if (in.failed()) return in.error();
  if (std::optional<std::string> fault = find_key_fault(key)) {
    return KeyDecodeError{KeyDecodeError::Code::kInvalid, bytes.size(), std::move(*fault)};
  }
  key.pre_hash = verifying_key_pre_hash(bytes);
  return key;
}

}  // namespace gyre

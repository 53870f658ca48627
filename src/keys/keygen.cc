#include "gyre/keys/keygen.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <set>

#include "air/dag_builder.h"
#include "keys/verifying_key_check.h"
#include "stacking/commitment.h"

namespace gyre {

namespace {

std::string_view code_name(KeygenError::Code code) {
  switch (code) {
    case KeygenError::Code::kAirWidthZero:
      return "AirWidthZero";
    case KeygenError::Code::kAirNoConstraintsOrInteractions:
      return "AirNoConstraintsOrInteractions";
    case KeygenError::Code::kInteractionMessageEmpty:
      return "InteractionMessageEmpty";
    case KeygenError::Code::kMaxConstraintDegreeExceeded:
      return "MaxConstraintDegreeExceeded";
  }
  return "";
}

std::string error_text(KeygenError::Code code, std::size_t air_index, const std::string& air_name,
                       const KeygenError::Payload& payload) {
  const std::string start = fmt::format("{}: AIR {} ({})", code_name(code), air_index, air_name);
  switch (code) {
    case KeygenError::Code::kAirWidthZero:
      return start + " has no main columns";
    case KeygenError::Code::kAirNoConstraintsOrInteractions:
      return start + " has neither constraints nor interactions";
    case KeygenError::Code::kInteractionMessageEmpty:
      return fmt::format("{}: the message of interaction {} is empty", start, payload.interaction);
    case KeygenError::Code::kMaxConstraintDegreeExceeded:
      return fmt::format("{} has degree {}, the system allows {}", start, payload.degree,
                         payload.max_degree);
  }
  return start;
}

/// The largest degree of a constraint, count or message field, before the DAG simplifies them.
std::uint32_t max_degree(const RecordedAir& record) {
  std::uint32_t degree = 0;
  const auto take = [&](std::uint32_t id) { degree = std::max(degree, record.arena[id].degree); };
  for (const std::uint32_t constraint : record.constraints) take(constraint);
  for (const RecordedAir::Interaction& interaction : record.interactions) {
    take(interaction.count);
    for (const std::uint32_t field : interaction.message) take(field);
  }
  return degree;
}

bool reads_next_row(const SymbolicConstraints& symbolic) {
  return std::any_of(symbolic.nodes.begin(), symbolic.nodes.end(), [](const DagNode& node) {
    return node.kind == NodeKind::kVariable && node.variable.offset == 1;
  });
}

std::vector<Variable> find_unused_variables(const AirVerifyingKey& key) {
  std::set<Variable> used;
  for (const DagNode& node : key.symbolic.nodes) {
    if (node.kind == NodeKind::kVariable) used.insert(node.variable);
  }
  std::vector<Variable> unused;
  const auto take_part = [&](VariableSource source, std::uint32_t part, std::uint32_t width) {
    for (std::uint32_t column = 0; column < width; ++column) {
      for (std::uint32_t offset = 0; offset < key.openings_per_column(); ++offset) {
        const Variable variable{source, part, offset, column};
        if (!used.contains(variable)) unused.push_back(variable);
      }
    }
  };
  take_part(VariableSource::kPreprocessed, 0, key.width.preprocessed.value_or(0));
  const std::vector<std::uint32_t>& cached = key.width.cached_mains;
  for (std::uint32_t j = 0; j < cached.size(); ++j) take_part(VariableSource::kMain, j, cached[j]);
  take_part(VariableSource::kMain, static_cast<std::uint32_t>(cached.size()),
            key.width.common_main);
  return unused;
}

PreprocessedCommitment commit_preprocessed(const SystemParams& params, const std::string& name,
                                           const Matrix& trace) {
  const unsigned log_limit = params.log_stacked_height();
  if (trace.width() == 0 || trace.width() > kMaxColumns || !std::has_single_bit(trace.height()) ||
      trace.height() > std::size_t{1} << log_limit) {
    throw misuse(fmt::format(
        "{}: the preprocessed trace must have 1 to 2^24 columns and a power-of-two height of at "
        "most 2^{}; it has {} columns and height {}",
        name, log_limit, trace.width(), trace.height()));
  }
  const unsigned log_height = trace.view().log_height();
  const MatrixView view = trace;
  PreprocessedCommitment commitment;
  commitment.commit = commitment_root(params, {&view, 1});
  commitment.hypercube_dim =
      static_cast<std::int64_t>(log_height) - static_cast<std::int64_t>(params.l_skip);
  commitment.stacking_width = stacking_width(
      params, trace.width(), std::max(log_height, static_cast<unsigned>(params.l_skip)));
  return commitment;
}

void check_record(const SystemParams& params, std::size_t index, const RecordedAir& record) {
  using Code = KeygenError::Code;
  if (record.constraints.empty() && record.interactions.empty()) {
    throw KeygenError(Code::kAirNoConstraintsOrInteractions, index, record.name);
  }
  for (std::size_t i = 0; i < record.interactions.size(); ++i) {
    if (!record.interactions[i].message.empty()) continue;
    throw KeygenError(Code::kInteractionMessageEmpty, index, record.name, {.interaction = i});
  }
  const std::uint32_t degree = max_degree(record);
  if (degree > params.max_constraint_degree) {
    throw KeygenError(Code::kMaxConstraintDegreeExceeded, index, record.name,
                      {.degree = degree, .max_degree = params.max_constraint_degree});
  }
  constexpr std::uint32_t kDegreeLimit = std::numeric_limits<std::uint8_t>::max();
  if (degree > kDegreeLimit) {
    throw misuse(fmt::format("{}: the key format holds degrees up to {}, this AIR has {}",
                             record.name, kDegreeLimit, degree));
  }
}

std::uint64_t main_columns(const Air& air) {
  std::uint64_t columns = air.common_main_width();
  for (const std::uint32_t cached : air.cached_main_widths()) columns += cached;
  return columns;
}

}  // namespace

KeygenError::KeygenError(Code code, std::size_t air_index, std::string air_name, Payload payload)
    : Error(ErrorKind::kMisuse, error_text(code, air_index, air_name, payload)),
      code_(code),
      air_index_(air_index),
      air_name_(std::move(air_name)),
      payload_(payload) {}

std::string_view KeygenError::name() const {
  return code_name(code_);
}

KeyGenerator::KeyGenerator(SystemParams params) : params_(std::move(params)) {
  if (const std::optional<std::string> fault = params_.validate()) throw misuse(*fault);
}

std::size_t KeyGenerator::add_air(const Air& air) {
  return add(air, false);
}

std::size_t KeyGenerator::add_required_air(const Air& air) {
  return add(air, true);
}

std::size_t KeyGenerator::add(const Air& air, bool is_required) {
  Entry entry{&air, is_required, air.preprocessed_trace(), std::nullopt};
  if (entry.preprocessed_trace) {
    entry.commitment = commit_preprocessed(params_, air.name(), *entry.preprocessed_trace);
  }
  airs_.push_back(std::move(entry));
  return airs_.size() - 1;
}

AirVerifyingKey KeyGenerator::make_air_key(std::size_t index) const {
  const Entry& entry = airs_[index];
  if (main_columns(*entry.air) == 0) {
    throw KeygenError(KeygenError::Code::kAirWidthZero, index, entry.air->name());
  }
  std::optional<std::uint32_t> preprocessed_width;
  if (entry.preprocessed_trace) {
    preprocessed_width = static_cast<std::uint32_t>(entry.preprocessed_trace->width());
  }
  RecordedAir record;
  record_air(*entry.air, preprocessed_width, record);
  check_record(params_, index, record);

  AirVerifyingKey key;
  key.preprocessed = entry.commitment;
  key.width = record.width;
  key.num_public_values = record.num_public_values;
  key.symbolic = build_symbolic_constraints(record);
  key.need_rot = reads_next_row(key.symbolic);
  key.max_constraint_degree = static_cast<std::uint8_t>(max_degree(record));
  key.is_required = entry.is_required;
  key.unused_variables = find_unused_variables(key);
  return key;
}

ProvingKey KeyGenerator::generate() const {
  ProvingKey key;
  key.vk.params = params_;
  for (std::size_t i = 0; i < airs_.size(); ++i) {
    key.vk.per_air.push_back(make_air_key(i));
    key.per_air.push_back({airs_[i].air->name(), airs_[i].preprocessed_trace});
  }
  key.vk.trace_height_constraints =
      trace_height_constraints(key.vk.per_air, params_.logup.max_interaction_count);
  if (const std::optional<std::string> fault = find_key_fault(key.vk)) throw misuse(*fault);
  key.vk.pre_hash = verifying_key_pre_hash(encode_verifying_key(key.vk));
  return key;
}

ProvingKey keygen(const SystemParams& params, std::span<const Air* const> airs) {
  KeyGenerator generator(params);
  for (const Air* air : airs) generator.add_air(*air);
  return generator.generate();
}

}  // namespace gyre

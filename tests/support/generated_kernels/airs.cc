#include "support/generated_kernels/airs.h"

#include <random>

#include "air/dag_builder.h"
#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"

namespace gyre {
namespace {

/// All kinds of nodes, deep chains, nodes with many readers, inputs and constants as outputs.
SymbolicConstraints random_dag(std::uint64_t seed, std::uint32_t inner_nodes) {
  std::mt19937_64 engine(seed);
  SymbolicConstraints symbolic;
  std::vector<DagNode>& nodes = symbolic.nodes;
  for (const NodeKind kind :
       {NodeKind::kIsFirstRow, NodeKind::kIsLastRow, NodeKind::kIsTransition}) {
    nodes.push_back({.kind = kind, .variable = {}, .constant = {}});
  }
  for (std::uint32_t i = 0; i < 9; ++i) {
    const Variable cell{.offset = i % 2, .index = i};
    const Variable public_value{.source = VariableSource::kPublic, .index = i};
    nodes.push_back({.kind = NodeKind::kVariable,
                     .variable = i % 4 == 3 ? public_value : cell,
                     .constant = {}});
  }
  for (const std::uint32_t constant : {2u, 2013265920u}) {
    nodes.push_back({.variable = {}, .constant = Fp::from_canonical(constant)});
  }
  for (std::uint32_t i = 0; i < inner_nodes; ++i) {
    const auto size = static_cast<std::uint32_t>(nodes.size());
    const auto child = [&] {
      return static_cast<std::uint32_t>(engine() % 2 == 0 ? size - 1 - engine() % 4
                                                          : engine() % size);
    };
    constexpr NodeKind kKinds[] = {NodeKind::kAdd, NodeKind::kAdd, NodeKind::kSub, NodeKind::kMul,
                                   NodeKind::kMul, NodeKind::kMul, NodeKind::kNeg};
    DagNode node{.kind = kKinds[engine() % std::size(kKinds)], .variable = {}, .constant = {}};
    node.left = child();
    node.right = node.kind == NodeKind::kAdd && engine() % 3 == 0 ? node.left : child();
    nodes.push_back(node);
  }
  for (std::uint32_t i = 0; i < nodes.size(); i += 1 + engine() % 7) {
    symbolic.constraint_nodes.push_back(i);
  }
  const auto node = [&] { return static_cast<std::uint32_t>(engine() % nodes.size()); };
  for (unsigned i = 0; i < 5; ++i) {
    symbolic.interactions.push_back({.message = {node(), node(), node()}, .count = node()});
  }
  return symbolic;
}

SymbolicConstraints symbolic_of(const Air& air) {
  RecordedAir record;
  record.name = air.name();
  record.width.common_main = air.common_main_width();
  for (const std::uint32_t width : air.cached_main_widths()) {
    record.width.cached_mains.push_back(width);
  }
  record.num_public_values = air.num_public_values();
  record_air(air, {}, record);
  return build_symbolic_constraints(record);
}

}  // namespace

KernelAirs::KernelAirs() {
  const auto add = [&](const char* name, SymbolicConstraints symbolic) {
    names.emplace_back(name);
    keys.emplace_back().symbolic = std::move(symbolic);
  };
  add("fibonacci", symbolic_of(FibonacciAir()));
  add("random_small", random_dag(1, 40));
  add("random_large", random_dag(2, 1500));
  add("keccak", symbolic_of(KeccakAir()));
  for (const AirVerifyingKey& key : keys) expressions.emplace_back(key.symbolic);
  pieces = make_pieces(keys, expressions);
}

}  // namespace gyre

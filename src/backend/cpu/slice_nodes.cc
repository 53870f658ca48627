#include "backend/cpu/slice_nodes.h"

#include <algorithm>

namespace gyre::cpu {

void SliceNodes::insert(const std::vector<Node>& nodes) {
  const auto middle = static_cast<std::ptrdiff_t>(nodes_.size());
  nodes_.insert(nodes_.end(), nodes.begin(), nodes.end());
  std::inplace_merge(nodes_.begin(), nodes_.begin() + middle, nodes_.end(),
                     [](const Node& a, const Node& b) { return a.place < b.place; });
}

SliceNodes::Pair SliceNodes::pair_at(std::size_t i) const {
  Pair pair{.even = {}, .odd = {}, .next = i};
  const std::size_t place = nodes_[i].place & ~std::size_t{1};
  if (nodes_[pair.next].place == place) pair.even = nodes_[pair.next++];
  if (pair.next < nodes_.size() && nodes_[pair.next].place == place + 1) {
    pair.odd = nodes_[pair.next++];
  }
  return pair;
}

RoundSums SliceNodes::round() const {
  RoundSums sums;
  for (std::size_t i = 0; i < nodes_.size();) {
    const Pair pair = pair_at(i);
    sums.at_1 += pair.odd.value * pair.odd.weight;
    sums.at_2 += (pair.odd.value.doubled() - pair.even.value) *
                 (pair.odd.weight.doubled() - pair.even.weight);
    i = pair.next;
  }
  return sums;
}

void SliceNodes::fold(const Fp4& challenge) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < nodes_.size();) {
    const Pair pair = pair_at(i);
    const std::size_t place = nodes_[i].place / 2;
    nodes_[count++] = {
        .place = place,
        .value = pair.even.value + challenge * (pair.odd.value - pair.even.value),
        .weight = pair.even.weight + challenge * (pair.odd.weight - pair.even.weight)};
    i = pair.next;
  }
  nodes_.resize(count);
}

}  // namespace gyre::cpu

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "backend/cuda/evaluation_items.h"
#include "backend/cuda/work_list.h"
#include "backend/expressions/program_pieces.h"

namespace gyre::cuda {

/// Evaluation of the AIRs' expressions on the device. A launch runs a list of items, each one piece
/// of an AIR over a range of points. In the base field the sums at the points go to memory as they
/// are, in the extension field they are summed up.

/// Points of a block of an item: as many as it has threads, fewer where it has not got so many.
constexpr std::uint32_t block_points(std::uint64_t num_points) {
  std::uint32_t points = kEvaluationThreads;
  while (points > 32 && num_points <= points / 2) points /= 2;
  return points;
}
/// The same, and fewer where so many items of the same points would leave multiprocessors idle: a
/// block takes as long as its warps have units to evaluate.
constexpr std::uint32_t block_points(std::uint64_t num_points, std::size_t num_items) {
  constexpr std::uint64_t kManyBlocks = 1000;
  std::uint32_t points = block_points(num_points);
  while (points > 32 && num_items * ((num_points + points - 1) / points) < kManyBlocks) points /= 2;
  return points;
}

/// Blocks of an item.
template <class Item>
constexpr std::uint32_t evaluation_blocks(const Item& item) {
  return (item.num_points + item.block_points - 1) / item.block_points;
}

/// Blocks of some items that follow one another.
template <class Item>
std::uint32_t num_blocks(std::span<const Item> items) {
  return items.back().first_block - items.front().first_block + evaluation_blocks(items.back());
}

/// The programs of a key. Immutable, thread-safe.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  /// Runs all items. `items` is the host copy of what lies at `device_items`; each has a point, and
  /// their blocks follow one another. All pieces of an AIR and a group are run at the same points
  /// or none: only their sum is the same for all evaluators. The weights of an AIR are one array.
  virtual void evaluate(Queue& queue, std::span<const BaseItem> items,
                        const BaseItem* device_items) const = 0;
  virtual void evaluate(Queue& queue, std::span<const ExtensionItem> items,
                        const ExtensionItem* device_items) const = 0;
  /// For telemetry.
  virtual std::string description() const { return "interpreted"; }
};

/// Runs the programs instruction by instruction. Keeps them in memory of the device.
std::shared_ptr<const Evaluator> make_interpreter(int device, std::span<const AirPieces> pieces);

}  // namespace gyre::cuda

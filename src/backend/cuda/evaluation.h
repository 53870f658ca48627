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

/// Blocks of an item.
constexpr std::uint32_t evaluation_blocks(std::uint64_t num_points) {
  return static_cast<std::uint32_t>((num_points + kEvaluationThreads - 1) / kEvaluationThreads);
}

/// Blocks of some items that follow one another.
template <class Item>
std::uint32_t num_blocks(std::span<const Item> items) {
  return items.back().first_block - items.front().first_block +
         evaluation_blocks(items.back().num_points);
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

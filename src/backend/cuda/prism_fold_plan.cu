#include "backend/cuda/prism_fold_plan.h"

#include <algorithm>
#include <numeric>

#include "backend/cuda/work_list.h"

namespace gyre::cuda {

PrismFoldPlan::PrismFoldPlan(Queue& queue, std::span<const ConstraintShape> shapes,
                             std::span<const TraceColumns> traces, DeviceSpan<std::uint64_t> memory)
    : order_(shapes.size()), first_table_(shapes.size()) {
  if (shapes.empty()) return;
  l_skip_ = shapes.front().l_skip;
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return shapes[a].n_lifted > shapes[b].n_lifted;
  });
  Descriptors descriptors(memory);
  std::uint64_t tables = 0;
  std::uint32_t blocks = 0;
  for (const std::size_t t : order_) {
    const ConstraintShape& shape = shapes[t];
    first_table_[t] = tables;
    const auto table_of = [&](std::uint32_t input) {
      return input == InputTable::kNoInput ? FoldedColumn::kNotWanted
                                           : first_table_[t] + input * shape.num_chunks();
    };
    std::vector<FoldedColumn> columns;
    for_each_column(*shape.air, traces[t],
                    [&](const PrismColumn& column, std::uint32_t local, std::uint32_t next) {
                      columns.push_back({column, table_of(local), table_of(next)});
                    });
    tables += shape.num_tables * shape.num_chunks();
    if (columns.empty()) continue;
    PrismFoldWork& fold = work_.emplace_back();
    fold.columns = descriptors.append(columns);
    fold.num_columns = static_cast<std::uint32_t>(columns.size());
    fold.range = {0, static_cast<std::uint32_t>(shape.num_chunks()), shape.log_height};
    fold.first_block = blocks;
    blocks += fold.range.blocks(fold.num_columns);
  }
  device_work_ = descriptors.append(work_);
  descriptors.send_beside(queue);
}

std::size_t PrismFoldPlan::words(std::span<const ConstraintShape> shapes) {
  std::size_t words = Descriptors::words_of<PrismFoldWork>(shapes.size());
  for (const ConstraintShape& shape : shapes) {
    words += Descriptors::words_of<FoldedColumn>(shape.air->columns.size() + shape.num_selectors);
  }
  return words;
}

void PrismFoldPlan::run(Queue& queue, const SkipWeights& weights, Fp4* tables) const {
  fold_columns(queue, l_skip_, work_, device_work_, weights, tables);
}

}  // namespace gyre::cuda

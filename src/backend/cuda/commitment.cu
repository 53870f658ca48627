#include "backend/cuda/commitment.h"

#include <algorithm>

#include "backend/cuda/oracle.h"
#include "stacking/commitment.h"

namespace gyre::cuda {
namespace {

/// Columns of a batch that is hashed before the next one is encoded: the rate of the sponge.
constexpr std::size_t kBatch = kSpongeRate;

CodewordShape codeword_shape(const Context& context, const StackedLayout& layout) {
  return {.log_message = layout.log_stacked_height(),
          .log_blowup = static_cast<unsigned>(context.params.log_blowup),
          .width = layout.width(),
          .l_skip = layout.l_skip(),
          .k = context.k()};
}

bool keeps_codeword(const CodewordShape& shape, bool low_memory) {
  return !low_memory || !DeviceTree::can_absorb(shape);
}

/// Of the copies of the matrices in a layout.
std::size_t matrix_bytes(const StackedLayout& layout) {
  std::size_t bytes = 0;
  const std::span<const std::size_t> starts = layout.matrix_starts();
  for (std::size_t m = 0; m < starts.size(); ++m) {
    const std::size_t end = m + 1 < starts.size() ? starts[m + 1] : layout.columns().size();
    if (starts[m] == end) continue;
    const unsigned log_height = layout.columns()[starts[m]].log_height;
    bytes += DeviceArena::bytes_of<Fp>((end - starts[m]) << log_height);
  }
  return bytes;
}

std::size_t batch_values(const CodewordShape& shape) {
  return std::min(kBatch, shape.width) << shape.log_message;
}
/// Of an encoder and what it encodes to.
std::size_t batch_bytes(const CodewordShape& shape, const StackedLayout& layout) {
  return Encoder::table_bytes(layout) + DeviceArena::bytes_of<Fp>(batch_values(shape));
}

std::size_t retained_bytes(const CodewordShape& shape, bool low_memory) {
  return DeviceTree::retained_bytes(shape) +
         (keeps_codeword(shape, low_memory) ? DeviceArena::bytes_of<Fp>(shape.rows() * shape.width)
                                            : 0);
}
std::size_t making_bytes(const CodewordShape& shape, const StackedLayout& layout, bool low_memory) {
  if (keeps_codeword(shape, low_memory)) {
    return std::max(Encoder::table_bytes(layout), DeviceTree::scratch_bytes(shape));
  }
  return batch_bytes(shape, layout) + DeviceArena::bytes_of<Fp>(DeviceTree::sponge_values(shape));
}
std::size_t opening_bytes(const Context& context, const CodewordShape& shape,
                          const StackedLayout& layout, bool low_memory) {
  const std::vector<std::uint64_t>& queries = context.params.whir.num_queries;
  return LeafCollector::bytes(shape, queries.empty() ? 0 : queries.front()) +
         (keeps_codeword(shape, low_memory) ? 0 : batch_bytes(shape, layout));
}

}  // namespace

CommitmentBytes commitment_bytes(const Context& context, const Workload& workload) {
  CommitmentBytes bytes;
  for (const Workload::Oracle& oracle : workload.commitments) {
    const StackedLayout& layout = *oracle.layout;
    if (!oracle.resident) bytes.retained += matrix_bytes(layout);
    if (!oracle.made) continue;
    const CodewordShape shape = codeword_shape(context, layout);
    bytes.retained += retained_bytes(shape, workload.low_memory);
    bytes.making = std::max(bytes.making, making_bytes(shape, layout, workload.low_memory));
    bytes.opening =
        std::max(bytes.opening, opening_bytes(context, shape, layout, workload.low_memory));
  }
  // What is made when the key is loaded is opened in the same memory.
  if (workload.traces.empty()) bytes.making = std::max(bytes.making, bytes.opening);
  return bytes;
}

DeviceCommitment::DeviceCommitment(Work& work, std::span<const MatrixView> matrices)
    : work_(work),
      layout_(stacked_layout(work.context.params, matrices)),
      shape_(codeword_shape(work.context, layout_)),
      tree_(work, shape_) {
  StackedUpload upload(work, layout_, matrices);
  matrices_ = upload.matrices();
  if (keeps_codeword(shape_, work.low_memory)) {
    commit_kept(upload);
  } else {
    commit_in_batches(upload);
  }
}

void DeviceCommitment::commit_kept(StackedUpload& upload) {
  codeword_ = work_.arena.take<Fp>(shape_.rows() * shape_.width);
  {
    const Span span("rs_code_matrix");
    const DeviceArena::Scope scope(work_.arena);
    const Encoder encoder(work_, layout_, matrices_, shape_.log_blowup);
    const std::size_t message_bytes = sizeof(Fp) << shape_.log_message;
    const std::size_t columns =
        upload.done()
            ? shape_.width
            : std::max<std::size_t>(1, work_.context.encoded_bytes_at_once / message_bytes);
    for (std::size_t first = 0; first < shape_.width; first += columns) {
      const std::size_t count = std::min(columns, shape_.width - first);
      upload.copy_columns(first + count);
      encoder.encode(first, count, 0, 1u << shape_.log_blowup,
                     codeword_.subspan(first * shape_.rows(), count * shape_.rows()));
    }
  }
  tree_.hash(codeword_.data);
}

template <class Preparation, class Consumer>
void DeviceCommitment::for_each_batch(const Preparation& prepare, const Consumer& consume) const {
  const DeviceArena::Scope scope(work_.arena);
  const Encoder encoder(work_, layout_, matrices_, shape_.log_blowup);
  const DeviceSpan<Fp> batch = work_.arena.take<Fp>(batch_values(shape_));
  for (unsigned coset = 0; coset < 1u << shape_.log_blowup; ++coset) {
    for (std::size_t first = 0; first < shape_.width; first += kBatch) {
      const std::size_t count = std::min(kBatch, shape_.width - first);
      {
        const Span span("rs_code_matrix");
        prepare(first + count);
        encoder.encode(first, count, coset, 1, batch);
      }
      consume(coset, first, count, batch.data);
    }
  }
}

void DeviceCommitment::commit_in_batches(StackedUpload& upload) {
  const DeviceArena::Scope scope(work_.arena);
  const auto sponges = work_.arena.take<Fp>(DeviceTree::sponge_values(shape_));
  for_each_batch([&](std::size_t end) { upload.copy_columns(end); },
                 [&](std::size_t coset, std::size_t first, std::size_t count, const Fp* values) {
                   tree_.absorb(coset, first, count, values, sponges);
                 });
  tree_.finish();
}

std::vector<LeafOpening<std::vector<Fp>>> DeviceCommitment::open(
    std::span<const std::size_t> indices) const {
  const std::lock_guard lock(work_.opening);
  LeafCollector collector(work_, shape_, indices);
  if (codeword_.data != nullptr) {
    collector.collect(codeword_.data, tree_);
  } else {
    for_each_batch([](std::size_t) {},
                   [&](std::size_t coset, std::size_t first, std::size_t count, const Fp* values) {
                     collector.collect_columns(coset, first, count, values);
                   });
    collector.collect_paths(tree_);
  }
  std::vector<LeafOpening<std::vector<Fp>>> openings;
  const auto width = static_cast<std::ptrdiff_t>(shape_.width);
  for (OpenedLeaf& leaf : collector.download()) {
    auto& opening = openings.emplace_back();
    opening.path = std::move(leaf.path);
    for (auto row = leaf.rows.begin(); row != leaf.rows.end(); row += width) {
      opening.rows.emplace_back(row, row + width);
    }
  }
  return openings;
}

std::unique_ptr<Commitment> make_commitment(Work& work, std::span<const MatrixView> matrices) {
  return std::make_unique<DeviceCommitment>(work, matrices);
}

}  // namespace gyre::cuda

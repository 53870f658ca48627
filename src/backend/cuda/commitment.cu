#include "backend/cuda/commitment.h"

#include <algorithm>

#include "stacking/commitment.h"

namespace gyre::cuda {
namespace {

/// Columns that are hashed before the next ones are encoded: the rate of the sponge.
constexpr std::size_t kBatch = kSpongeRate;

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

bool in_batches(const CodewordShape& shape, const MemoryPolicy& policy) {
  return policy.batches && DeviceTree::can_absorb(shape);
}

/// Columns of a commitment that stay; `committed`: those of the commitments before it.
std::size_t kept_columns(const CodewordShape& shape, const MemoryPolicy& policy,
                         std::size_t committed) {
  if (policy.batches || policy.kept_columns <= committed) return 0;
  return std::min(shape.width, policy.kept_columns - committed);
}

std::size_t codeword_bytes(const CodewordShape& shape, std::size_t columns) {
  return DeviceArena::bytes_of<Fp>(shape.rows() * columns);
}

/// Columns that are encoded at one coset, to be hashed.
std::size_t hashed_batch(const CodewordShape& shape) {
  return std::min(kBatch, shape.width);
}
/// Columns that are encoded at all cosets, to be opened: as many values, if that is a column.
std::size_t opened_batch(const CodewordShape& shape, std::size_t kept) {
  return std::min(std::max<std::size_t>(kBatch >> shape.log_blowup, 1), shape.width - kept);
}

std::size_t making_bytes(const CodewordShape& shape, const StackedLayout& layout,
                         const MemoryPolicy& policy) {
  if (!in_batches(shape, policy)) {
    return codeword_bytes(shape, shape.width) +
           std::max(Encoder::table_bytes(layout), DeviceTree::scratch_bytes(shape));
  }
  return DeviceArena::bytes_of<Fp>(DeviceTree::sponge_values(shape)) +
         Encoder::table_bytes(layout) +
         DeviceArena::bytes_of<Fp>(hashed_batch(shape) << shape.log_message);
}
std::size_t opening_bytes(const CodewordShape& shape, const StackedLayout& layout,
                          std::size_t kept) {
  if (kept == shape.width) return 0;
  return Encoder::table_bytes(layout) + codeword_bytes(shape, opened_batch(shape, kept));
}

}  // namespace

CodewordShape codeword_shape(const Context& context, const StackedLayout& layout) {
  return {.log_message = layout.log_stacked_height(),
          .log_blowup = static_cast<unsigned>(context.params.log_blowup),
          .width = layout.width(),
          .l_skip = layout.l_skip(),
          .k = context.k()};
}

CommitmentBytes commitment_bytes(const Context& context, const Workload& workload,
                                 const MemoryPolicy& policy) {
  CommitmentBytes bytes;
  std::size_t held = 0, most = 0;  // while commitments are made
  std::size_t committed = 0;       // columns
  for (const Workload::Oracle& oracle : workload.commitments) {
    const StackedLayout& layout = *oracle.layout;
    const std::size_t copies = oracle.resident ? 0 : matrix_bytes(layout);
    bytes.retained += copies;
    if (!oracle.made) continue;
    const CodewordShape shape = codeword_shape(context, layout);
    const std::size_t kept = kept_columns(shape, policy, committed);
    committed += shape.width;
    held += copies + DeviceTree::retained_bytes(shape);
    most = std::max(most, held + making_bytes(shape, layout, policy));
    held += codeword_bytes(shape, kept);
    bytes.retained += DeviceTree::retained_bytes(shape) + codeword_bytes(shape, kept);
    bytes.opening = std::max(bytes.opening, opening_bytes(shape, layout, kept));
  }
  bytes.making = std::max(most, bytes.retained) - bytes.retained;
  return bytes;
}

DeviceCommitment::DeviceCommitment(Work& work, std::span<const MatrixView> matrices)
    : work_(work),
      layout_(stacked_layout(work.context.params, matrices)),
      shape_(codeword_shape(work.context, layout_)),
      kept_(kept_columns(shape_, work.policy, work.committed_columns)),
      tree_(work, shape_) {
  StackedUpload upload(work, layout_, matrices);
  matrices_ = upload.matrices();
  work.committed_columns += shape_.width;
  if (in_batches(shape_, work.policy)) {
    commit_in_batches(upload);
  } else {
    commit_whole(upload);
  }
}

void DeviceCommitment::commit_whole(StackedUpload& upload) {
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
  work_.arena.shrink(codeword_, shape_.rows() * kept_);
}

void DeviceCommitment::commit_in_batches(StackedUpload& upload) {
  const DeviceArena::Scope scope(work_.arena);
  const auto sponges = work_.arena.take<Fp>(DeviceTree::sponge_values(shape_));
  const Encoder encoder(work_, layout_, matrices_, shape_.log_blowup);
  const std::size_t most = hashed_batch(shape_);
  const auto batch = work_.arena.take<Fp>(most << shape_.log_message);
  for (unsigned coset = 0; coset < 1u << shape_.log_blowup; ++coset) {
    for (std::size_t first = 0; first < shape_.width; first += most) {
      const std::size_t count = std::min(most, shape_.width - first);
      {
        const Span span("rs_code_matrix");
        upload.copy_columns(first + count);
        encoder.encode(first, count, coset, 1, batch);
      }
      tree_.absorb(coset, first, count, batch.data, sponges);
    }
  }
  tree_.finish();
}

void DeviceCommitment::collect_again(Work& work, LeafCollector& collector) const {
  const Span span("rs_code_matrix");
  const DeviceArena::Scope scope(work.arena);
  const Encoder encoder(work, layout_, matrices_, shape_.log_blowup);
  const std::size_t most = opened_batch(shape_, kept_);
  const auto batch = work.arena.take<Fp>(shape_.rows() * most);
  for (std::size_t first = kept_; first < shape_.width; first += most) {
    const std::size_t count = std::min(most, shape_.width - first);
    encoder.encode(first, count, 0, 1u << shape_.log_blowup, batch);
    collector.collect_columns(first, count, batch.data);
  }
}

void DeviceCommitment::collect(Work& work, LeafCollector collector) const {
  if (kept_ == shape_.width) {
    collector.collect(codeword_.data, tree_);
    return;
  }
  collector.collect_columns(0, kept_, codeword_.data);
  collect_again(work, collector);
  collector.collect_paths(tree_);
}

std::unique_ptr<Commitment> make_commitment(Work& work, std::span<const MatrixView> matrices) {
  return std::make_unique<DeviceCommitment>(work, matrices);
}

}  // namespace gyre::cuda

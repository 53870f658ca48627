#include "stacking/oracle.h"

#include <algorithm>

#include "gyre/support/telemetry.h"
#include "poly/ntt.h"
#include "stacking/leaf_hash.h"

namespace gyre {
namespace {

/// Columns of a batch that is hashed before the next one is encoded: the rate of the sponge.
constexpr std::size_t kBatch = kSpongeRate;

/// The first element of the sponges to carry to the next batch: those below are overwritten by it,
/// but for a short last one.
std::size_t first_carried(std::size_t width) {
  return width % kBatch == 0 ? kBatch : width % kBatch;
}
std::size_t carried_elements(std::size_t width) {
  return width <= kBatch ? 0 : kSpongeWidth - first_carried(width);
}

std::size_t batch_values(const CodewordShape& shape) {
  return std::min(kBatch, shape.width) << shape.log_message;
}

bool keeps(const CodewordShape& shape, CodewordPolicy policy) {
  return policy == CodewordPolicy::kKeep || !shape.in_blocks();
}

}  // namespace

std::size_t Oracle::retained_bytes(const CodewordShape& shape, CodewordPolicy policy) {
  return Arena::bytes_of<Digest>(MerkleTree::num_nodes(shape.leaves())) +
         (keeps(shape, policy) ? Arena::bytes_of<Fp>(shape.rows() * shape.width) : 0);
}

std::size_t Oracle::scratch_bytes(const CodewordShape& shape, CodewordPolicy policy) {
  if (!shape.in_blocks()) return Arena::bytes_of<Digest>(shape.rows());
  if (policy == CodewordPolicy::kKeep) {
    return Encoder::table_bytes(shape) +
           Encoder::scratch_bytes(shape, shape.width, std::size_t{1} << shape.log_blowup);
  }
  return open_bytes(shape, policy) +
         Arena::bytes_of<Fp>(carried_elements(shape.width) << shape.log_message);
}

std::size_t Oracle::open_bytes(const CodewordShape& shape, CodewordPolicy policy) {
  if (keeps(shape, policy)) return 0;
  return Encoder::table_bytes(shape) + Arena::bytes_of<Fp>(batch_values(shape)) +
         Encoder::scratch_bytes(shape, std::min(kBatch, shape.width), 1);
}

Oracle::Oracle(const Parallel& parallel, Arena& arena, const CodewordShape& shape,
               const MessageColumns& columns, CodewordPolicy policy)
    : parallel_(parallel),
      arena_(arena),
      shape_(shape),
      columns_(columns),
      kept_(keeps(shape, policy)) {
  const std::span<Digest> nodes = arena.take<Digest>(MerkleTree::num_nodes(shape.leaves()));
  if (kept_) codeword_ = arena.take<Fp>(shape.rows() * shape.width);
  if (!shape.in_blocks()) {
    commit_plain(nodes);
  } else if (kept_) {
    commit_kept(nodes);
  } else {
    commit_in_batches(nodes);
  }
  tree_ = MerkleTree(nodes);
}

void Oracle::commit_plain(std::span<Digest> nodes) {
  const std::size_t rows = shape_.rows(), height = std::size_t{1} << shape_.log_message;
  {
    const Span span("rs_code_matrix");
    count_dispatch(3 * codeword_.size() * sizeof(Fp));
    parallel_.each(shape_.width, [&](std::size_t c) {
      const std::span<Fp> column = codeword_.subspan(c * rows, rows);
      std::fill(column.begin(), column.end(), Fp());
      columns_.read(c, 0, height, column.data());
      evaluations_to_message(column.first(height), shape_.l_skip);
      dft(column);
    });
  }
  const Span span("merkle_tree");
  const Arena::Scope scope(arena_);
  const std::span<Digest> digests = arena_.take<Digest>(rows);
  count_dispatch(codeword_.size() * sizeof(Fp) + digests.size() * sizeof(Digest));
  if (rows < kHashLanes) {
    std::vector<Fp> row(shape_.width);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < row.size(); ++c) row[c] = codeword_[c * rows + r];
      digests[r] = hash_slice(row);
    }
  } else {
    parallel_.ranges(rows / kHashLanes, 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        hash_rows(codeword_.data(), rows, shape_.width, i * kHashLanes, &digests[i * kHashLanes]);
      }
    });
  }
  compress_rows(parallel_, digests, shape_.leaves());
  std::copy_n(digests.begin(), shape_.leaves(), nodes.begin());
  compress_layers(parallel_, nodes);
}

void Oracle::commit_kept(std::span<Digest> nodes) {
  {
    const Span span("rs_code_matrix");
    const Arena::Scope scope(arena_);
    const Encoder encoder(parallel_, arena_, shape_);
    encoder.encode(columns_, 0, shape_.width, 0, std::size_t{1} << shape_.log_blowup,
                   codeword_.data());
  }
  const Span span("merkle_tree");
  const CodewordOrder order(shape_.log_message, shape_.log_blowup);
  count_dispatch(codeword_.size() * sizeof(Fp) + shape_.leaves() * sizeof(Digest));
  parallel_.ranges(order.num_blocks(), 2, [&](std::size_t begin, std::size_t end) {
    alignas(64) Fp digests[kBlockDigests];
    for (std::size_t block = begin; block < end; ++block) {
      hash_block(codeword_.data() + block * shape_.width * CodewordOrder::kBlock, shape_.width,
                 digests);
      join_block(shape_, block, digests, nodes.first(shape_.leaves()));
    }
  });
  compress_layers(parallel_, nodes);
}

void Oracle::commit_in_batches(std::span<Digest> nodes) const {
  const Arena::Scope scope(arena_);
  const Encoder encoder(parallel_, arena_, shape_);
  const std::span<Fp> batch = arena_.take<Fp>(batch_values(shape_));
  const std::span<Fp> states =
      arena_.take<Fp>(carried_elements(shape_.width) << shape_.log_message);
  for (std::size_t coset = 0; coset < std::size_t{1} << shape_.log_blowup; ++coset) {
    for (std::size_t first = 0; first < shape_.width; first += kBatch) {
      const std::size_t count = std::min(kBatch, shape_.width - first);
      {
        const Span span("rs_code_matrix");
        encoder.encode(columns_, first, count, coset, 1, batch.data());
      }
      const Span span("merkle_tree");
      absorb_batch(coset, first, count, batch.data(), states.data(), nodes.first(shape_.leaves()));
    }
  }
  const Span span("merkle_tree");
  compress_layers(parallel_, nodes);
}

void Oracle::absorb_batch(std::size_t coset, std::size_t first, std::size_t count, const Fp* batch,
                          Fp* states, std::span<Digest> leaves) const {
  const std::size_t blocks =
      CodewordOrder(shape_.log_message, shape_.log_blowup).blocks_per_coset();
  const std::size_t carried = carried_elements(shape_.width) * kHashLanes;
  const bool last = first + count == shape_.width;
  count_dispatch((count + 2 * carried / kHashLanes) << shape_.log_message);
  parallel_.ranges(blocks, 4, [&](std::size_t begin, std::size_t end) {
    alignas(64) Fp sponges[kSpongePlanes], digests[kBlockDigests];
    for (std::size_t block = begin; block < end; ++block) {
      for (std::size_t plane = 0; plane < 16; ++plane) {
        Fp* const state = states + (block * 16 + plane) * carried;
        std::fill_n(sponges, kSpongePlanes, Fp());
        if (first != 0) std::copy_n(state, carried, sponges + kSpongePlanes - carried);
        absorb_rows(batch + block * count * CodewordOrder::kBlock + plane * kHashLanes,
                    CodewordOrder::kBlock, count, sponges);
        if (last) {
          std::copy_n(sponges, kDigestPlanes, digests + plane * kDigestPlanes);
        } else {
          std::copy_n(sponges + kSpongePlanes - carried, carried, state);
        }
      }
      if (last) join_block(shape_, coset * blocks + block, digests, leaves);
    }
  });
}

std::vector<std::vector<Fp>> Oracle::open(std::span<const std::size_t> leaves) const {
  std::vector<std::vector<Fp>> rows(leaves.size(), std::vector<Fp>(shape_.width << shape_.k));
  if (!shape_.in_blocks()) {
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      for (std::size_t cell = 0; cell < rows[i].size(); ++cell) {
        const std::size_t row = leaves[i] + cell / shape_.width * shape_.leaves();
        rows[i][cell] = codeword_[cell % shape_.width * shape_.rows() + row];
      }
    }
    return rows;
  }
  const CodewordOrder order(shape_.log_message, shape_.log_blowup);
  if (kept_) {
    pick(leaves, 0, shape_.width, 0, order.num_blocks(), codeword_.data(), rows);
    return rows;
  }
  const Arena::Scope scope(arena_);
  const Encoder encoder(parallel_, arena_, shape_);
  const std::span<Fp> batch = arena_.take<Fp>(batch_values(shape_));
  for (std::size_t coset = 0; coset < order.num_cosets(); ++coset) {
    const std::size_t first_block = coset * order.blocks_per_coset();
    for (std::size_t first = 0; first < shape_.width; first += kBatch) {
      const std::size_t count = std::min(kBatch, shape_.width - first);
      encoder.encode(columns_, first, count, coset, 1, batch.data());
      pick(leaves, first, count, first_block, first_block + order.blocks_per_coset(), batch.data(),
           rows);
    }
  }
  return rows;
}

/// Columns [first, first + count) of the opened rows in blocks [first_block, end_block), whose
/// values are given.
void Oracle::pick(std::span<const std::size_t> leaves, std::size_t first, std::size_t count,
                  std::size_t first_block, std::size_t end_block, const Fp* values,
                  std::vector<std::vector<Fp>>& rows) const {
  const CodewordOrder order(shape_.log_message, shape_.log_blowup);
  parallel_.ranges(leaves.size(), 8, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t t = 0; t < std::size_t{1} << shape_.k; ++t) {
        CodewordOrder::Place place = order.place(leaves[i] + t * shape_.leaves());
        if (place.block < first_block || place.block >= end_block) continue;
        place.block -= first_block;
        for (std::size_t c = 0; c < count; ++c) {
          rows[i][t * shape_.width + first + c] = values[order.offset(place, count, c)];
        }
      }
    }
  });
}

}  // namespace gyre

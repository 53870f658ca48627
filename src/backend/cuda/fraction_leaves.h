#pragma once

#include "backend/cuda/fraction_math.h"
#include "backend/cuda/fraction_slices.h"

namespace gyre::cuda {

/// Device code: the fractions of a chunk of leaves, in shared memory.

template <class T>
__device__ __forceinline__ T load_descriptor(const T* address) {
  static_assert(sizeof(T) == 16);
  union {
    uint4 words;
    unsigned char bytes[16];
  };
  words = __ldg(reinterpret_cast<const uint4*>(address));
  T value;
  memcpy(static_cast<void*>(&value), bytes, 16);
  return value;
}
__device__ __forceinline__ Fp load_cell(const Fp* address) {
  return Fp::from_raw(__ldg(reinterpret_cast<const unsigned*>(address)));
}
__device__ __forceinline__ Fp4 load_constant(const Fp4* address) {
  const uint4 words = __ldg(reinterpret_cast<const uint4*>(address));
  return {Fp::from_raw(words.x), Fp::from_raw(words.y), Fp::from_raw(words.z),
          Fp::from_raw(words.w)};
}

/// The value at row `row` of a slice, which repeats a short trace.
__device__ __forceinline__ Fp read_row(const RowInput& input, std::uint32_t row) {
  if (input.kind <= RowInput::kNextRow) {
    return load_cell(input.values + ((row + input.kind) & input.mask));
  }
  const std::uint32_t r = row & input.mask;
  const bool here = input.kind == RowInput::kIsFirst ? r == 0 : r == input.mask;
  return here != (input.kind == RowInput::kIsTransition) ? Fp::one() : Fp();
}

/// Runs the program of a slice at one row; register i is at registers[i * stride].
__device__ inline void run_program(const LeafSource& source, const Slice& slice, std::uint32_t row,
                                   Fp* registers, std::size_t stride, WrappedSum& count,
                                   WeightedSum& message) {
  const auto value = [&](std::uint32_t operand) {
    if ((operand & 1) == 0) return registers[(operand >> 1) * stride];
    return read_row(load_descriptor(source.inputs + slice.first_input + (operand >> 1)), row);
  };
  for (std::uint32_t i = 0; i < slice.instructions; ++i) {
    const SliceInstruction at = load_descriptor(source.instructions + slice.first_instruction + i);
    const std::uint32_t target = at.op_and_target >> 8;
    const Op op = static_cast<Op>(at.op_and_target & 0xff);
    const Fp a = value(at.a);
    if (op == Op::kSum) {
      const Fp4 weight = load_constant(source.weights + at.b);
      if (target == 0) {
        count.add(a, weight.c[0]);
      } else {
        message.add(a, weight);
      }
      continue;
    }
    Fp result;
    switch (op) {
      case Op::kAdd:
        result = a + value(at.b);
        break;
      case Op::kSub:
        result = a - value(at.b);
        break;
      case Op::kNeg:
        result = -a;
        break;
      case Op::kTwice:
        result = a.doubled();
        break;
      case Op::kTwiceAdd:
        result = a.doubled() + value(at.b);
        break;
      case Op::kMul:
      case Op::kScale:
        result = a * value(at.b);
        break;
      case Op::kMulTwice:
        result = a * value(at.b).doubled();
        break;
      case Op::kMulSum:
        result = a * (value(at.b) + value(at.c));
        break;
      case Op::kMulDifference:
        result = a * (value(at.b) - value(at.c));
        break;
      case Op::kAddMul:
        result = value(at.c) + a * value(at.b);
        break;
      case Op::kSubMul:
        result = value(at.c) - a * value(at.b);
        break;
      case Op::kSubMulTwice:
        result = value(at.c) - a * value(at.b).doubled();
        break;
      case Op::kMulSub:
        result = a * value(at.b) - value(at.c);
        break;
      default:
        result = a;
        break;
    }
    registers[target * stride] = result;
  }
}

/// Fractions of a slice at the rows row, row + stride, ...
template <unsigned kRows>
__device__ __forceinline__ void make_fractions(const LeafSource& source, const Slice& slice,
                                               std::uint32_t row, std::uint32_t stride,
                                               Fp* registers, std::size_t register_stride,
                                               Fp (&p)[kRows], Fp4 (&q)[kRows]) {
  WrappedSum count[kRows];
  WeightedSum message[kRows];
  const WeightedInput* term = source.terms + slice.first_term;
  for (std::uint32_t i = 0; i < slice.count_terms; ++i, ++term) {
    const RowInput input = load_descriptor(&term->input);
    const Fp weight = load_cell(&term->weight.c[0]);
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) count[r].add(read_row(input, row + r * stride), weight);
  }
  // The cells of a term are fetched while those before are multiplied.
  Fp next[kRows];
  const auto fetch = [&](const WeightedInput* from) {
    const RowInput input = load_descriptor(&from->input);
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) next[r] = read_row(input, row + r * stride);
  };
  if (slice.message_terms != 0) fetch(term);
  for (std::uint32_t left = slice.message_terms; left != 0; --left, ++term) {
    Fp cells[kRows];
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) cells[r] = next[r];
    if (left > 1) fetch(term + 1);
    const Fp4 weight = load_constant(&term->weight);
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) message[r].add(cells[r], weight);
  }
  if (slice.instructions != 0) {
#pragma unroll
    for (unsigned r = 0; r < kRows; ++r) {
      run_program(source, slice, row + r * stride, registers, register_stride, count[r],
                  message[r]);
    }
  }
#pragma unroll
  for (unsigned r = 0; r < kRows; ++r) {
    p[r] = count[r].reduced() + slice.count_constant;
    q[r] = message[r].reduced() + slice.message_constant;
  }
}

/// A weighted column at some rows.
struct PlainTerm {
  Fp4 weight;
  uint4 cells{};

  __device__ __forceinline__ void fetch(const WeightedInput* term, std::uint32_t row) {
    weight = load_constant(&term->weight);
    const Fp* const values = load_descriptor(&term->input).values;
    cells = __ldg(reinterpret_cast<const uint4*>(values + row));
  }
  /// r < 4, known to the compiler.
  __device__ __forceinline__ Fp cell(unsigned r) const {
    return Fp::from_raw(r == 0 ? cells.x : r == 1 ? cells.y : r == 2 ? cells.z : cells.w);
  }
};

/// Fractions of a plain slice at the rows row .. row + 3, row a multiple of 4. Terms are taken two
/// at a time, which saves half of the wrappings, the next two fetched while these are multiplied.
__device__ __forceinline__ void make_plain_fractions(const LeafSource& source, const Slice& slice,
                                                     std::uint32_t row, Fp (&p)[4], Fp4 (&q)[4]) {
  const WeightedInput* term = source.terms + slice.first_term;
  WrappedSum count[4];
  for (std::uint32_t i = 0; i < slice.count_terms; ++i, ++term) {
    PlainTerm at;
    at.fetch(term, row);
#pragma unroll
    for (unsigned r = 0; r < 4; ++r) count[r].add(at.cell(r), at.weight.c[0]);
  }
  WeightedSum message[4];
  std::uint32_t left = slice.message_terms;
  PlainTerm a, b;
  if (left > 0) a.fetch(term, row);
  if (left > 1) b.fetch(term + 1, row);
#pragma unroll 1
  for (; left > 1; left -= 2) {
    const PlainTerm a_now = a, b_now = b;
    term += 2;
    if (left > 2) a.fetch(term, row);
    if (left > 3) b.fetch(term + 1, row);
#pragma unroll
    for (unsigned r = 0; r < 4; ++r) {
      message[r].add(a_now.cell(r), a_now.weight, b_now.cell(r), b_now.weight);
    }
  }
#pragma unroll
  for (unsigned r = 0; r < 4; ++r) {
    if (left > 0) message[r].add(a.cell(r), a.weight);
    p[r] = count[r].reduced() + slice.count_constant;
    q[r] = message[r].reduced() + slice.message_constant;
  }
}

/// Where leaf i of a chunk is in shared memory: moved within eights so that threads that read every
/// second, fourth or eighth leaf meet different banks.
__device__ __forceinline__ unsigned leaf_place(unsigned i) {
  return i ^ ((i >> 3) & 7);
}

struct ChunkLeaves {
  Fp4* q;         ///< kChunk
  Fp* p;          ///< kChunk
  Fp* registers;  ///< of this thread
  std::size_t register_stride;
};

/// The dynamic shared memory of a kernel of kFractionThreads threads that makes leaves.
__device__ __forceinline__ ChunkLeaves chunk_leaves(const LeafSource& source, Fp4* shared) {
  ChunkLeaves leaves;
  leaves.q = shared;
  leaves.p = reinterpret_cast<Fp*>(shared + kChunk);
  const bool scratch = source.registers != nullptr;
  leaves.registers = scratch ? source.registers + global_thread() : leaves.p + kChunk + threadIdx.x;
  leaves.register_stride = scratch ? std::size_t{gridDim.x} * blockDim.x : blockDim.x;
  return leaves;
}

/// The last of `count` ascending values that is not above `x`; there is one.
template <class F>
__device__ __forceinline__ std::uint32_t last_not_above(std::uint32_t count, std::uint64_t x,
                                                        F&& value) {
  std::uint32_t first = 0;
  while (count > 1) {
    const std::uint32_t half = count / 2;
    if (value(first + half) <= x) first += half;
    count -= half;
  }
  return first;
}

/// Fills a chunk of the work list; all threads take part. Returns its number among the leaves.
/// The chunk may be read after a barrier.
__device__ inline std::size_t make_chunk(const LeafSource& source, std::uint32_t work,
                                         const ChunkLeaves& leaves) {
  constexpr unsigned kRows = 4;
  const ChunkGroup group = source.groups[last_not_above(
      source.num_groups, work, [&](std::uint32_t i) { return source.groups[i].first_chunk; })];
  const std::uint32_t local = work - group.first_chunk;
  if (group.tall != 0) {
    const std::uint32_t rows = local / group.slices;
    const Slice slice = source.slices[group.first_slice + local % group.slices];
    const std::size_t chunk = (slice.offset >> kLogChunk) + rows;
    if (slice.plain != 0) {
      for (unsigned i = 4 * threadIdx.x; i < kChunk; i += 4 * kFractionThreads) {
        Fp p[4];
        Fp4 q[4];
        make_plain_fractions(source, slice, (rows << kLogChunk) + i, p, q);
#pragma unroll
        for (unsigned r = 0; r < 4; ++r) {
          leaves.p[leaf_place(i + r)] = p[r];
          store(leaves.q + leaf_place(i + r), q[r]);
        }
      }
      return chunk;
    }
    for (unsigned i = threadIdx.x; i < kChunk; i += kRows * kFractionThreads) {
      Fp p[kRows];
      Fp4 q[kRows];
      make_fractions<kRows>(source, slice, (rows << kLogChunk) + i, kFractionThreads,
                            leaves.registers, leaves.register_stride, p, q);
#pragma unroll
      for (unsigned r = 0; r < kRows; ++r) {
        const unsigned place = leaf_place(i + r * kFractionThreads);
        leaves.p[place] = p[r];
        store(leaves.q + place, q[r]);
      }
    }
    return chunk;
  }
  const std::uint64_t first_leaf = group.first_leaf + (std::uint64_t{local} << kLogChunk);
  for (unsigned i = threadIdx.x; i < kChunk; i += kFractionThreads) {
    const std::uint64_t leaf = first_leaf + i;
    Fp p[1];
    Fp4 q[1] = {source.alpha};
    if (leaf < source.leaves) {
      const Slice slice =
          source
              .slices[group.first_slice + last_not_above(group.slices, leaf, [&](std::uint32_t s) {
                        return source.slices[group.first_slice + s].offset;
                      })];
      make_fractions<1>(source, slice, static_cast<std::uint32_t>(leaf - slice.offset), 0,
                        leaves.registers, leaves.register_stride, p, q);
    }
    leaves.p[leaf_place(i)] = p[0];
    store(leaves.q + leaf_place(i), q[0]);
  }
  return static_cast<std::size_t>(first_leaf >> kLogChunk);
}

}  // namespace gyre::cuda

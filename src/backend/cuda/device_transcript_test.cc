#include "backend/cuda/device_transcript.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "backend/cuda/device_memory.h"
#include "backend/cuda/queue.h"
#include "gyre/transcript/transcript.h"

namespace gyre::cuda {
namespace {

enum class Kind { kObserve, kObserveExt, kObserveMany, kSample, kSampleExt, kSampleBits, kGrind };

struct Operation {
  Kind kind;
  unsigned count;  ///< of values, or of bits
  Fp values[24];
};

__global__ void permute_states(SpongeState* states) {
  const WarpPoseidon2 permutation;
  SpongeState& state = states[global_thread() / 32];
  const Fp element = permutation.permute(state[permutation.lane()]);
  __syncwarp();
  state[permutation.lane()] = element;
}

/// Four results an operation, as far as it has any.
__global__ void run_operations(DuplexState from, const Operation* operations, unsigned count,
                               Fp* results, DuplexState* to) {
  // A warp of its own: its lanes must not take their number for the thread's.
  if (threadIdx.x < 32) return;
  DeviceTranscript transcript(from);
  for (unsigned i = 0; i < count; ++i) {
    const Operation& operation = operations[i];
    const Fp* const v = operation.values;
    Fp4 result;
    switch (operation.kind) {
      case Kind::kObserve:
        transcript.observe(v[0]);
        break;
      case Kind::kObserveExt:
        transcript.observe(Fp4(v[0], v[1], v[2], v[3]));
        break;
      case Kind::kObserveMany:
        transcript.observe(v, operation.count);
        break;
      case Kind::kSample:
        result = Fp4(transcript.sample());
        break;
      case Kind::kSampleExt:
        result = transcript.sample_ext();
        break;
      case Kind::kSampleBits:
        result = Fp4(Fp::from_canonical(transcript.sample_bits(operation.count)));
        break;
      case Kind::kGrind:
        result = Fp4(transcript.grind(operation.count));
        break;
    }
    for (unsigned j = 0; j < 4; ++j) results[4 * i + j] = result.c[j];
  }
  transcript.store(to);
}

Fp4 expected(Transcript& transcript, const Operation& operation) {
  const Fp* const v = operation.values;
  switch (operation.kind) {
    case Kind::kObserve:
      transcript.observe(v[0]);
      return {};
    case Kind::kObserveExt:
      transcript.observe(Fp4(v[0], v[1], v[2], v[3]));
      return {};
    case Kind::kObserveMany:
      for (unsigned i = 0; i < operation.count; ++i) transcript.observe(v[i]);
      return {};
    case Kind::kSample:
      return transcript.sample();
    case Kind::kSampleExt:
      return transcript.sample_ext();
    case Kind::kSampleBits:
      return Fp::from_canonical(transcript.sample_bits(operation.count));
    case Kind::kGrind: {
      if (operation.count == 0) return {};
      const Fp witness = *smallest_witness(transcript.grinding_challenge(operation.count));
      EXPECT_TRUE(transcript.check_witness(operation.count, witness));
      return witness;
    }
  }
  return {};
}

std::vector<Operation> random_operations(unsigned count, std::mt19937& random) {
  std::vector<Operation> operations(count);
  for (Operation& operation : operations) {
    operation.kind = static_cast<Kind>(random() % 7);
    operation.count = operation.kind == Kind::kGrind        ? random() % 7
                      : operation.kind == Kind::kSampleBits ? random() % 31
                                                            : random() % 25;
    for (Fp& value : operation.values) value = Fp::from_canonical(random());
  }
  return operations;
}

TEST(WarpPoseidon2, EqualsThePermutation) {
  Queue queue(0);
  DeviceArena arena(1 << 16);
  std::mt19937 random(1);
  std::vector<SpongeState> states(6);
  for (SpongeState& state : states) {
    for (Fp& element : state) element = Fp::from_canonical(random());
  }
  states[0].fill(Fp());
  states[1].fill(-Fp::one());
  const DeviceSpan<SpongeState> on_device = arena.take<SpongeState>(states.size());
  queue.upload(on_device, states);
  queue.launch(permute_states, {dim3(2), dim3(96)}, 0, on_device.data);
  for (SpongeState& state : states) permute(state);
  EXPECT_EQ(queue.download(on_device), states);
}

TEST(DeviceTranscript, EqualsTheTranscript) {
  Queue queue(0);
  DeviceArena arena(1 << 20);
  for (unsigned seed = 0; seed < 6; ++seed) {
    const DeviceArena::Scope scope(arena);
    std::mt19937 random(seed);
    Transcript transcript;
    for (unsigned i = 0; i < seed; ++i) transcript.observe(Fp::from_canonical(i));
    const std::vector<Operation> operations = random_operations(40, random);
    const auto script = arena.take<Operation>(operations.size());
    const auto results = arena.take<Fp>(4 * operations.size());
    const auto state = arena.take<DuplexState>(1);
    queue.upload(script, operations);
    queue.launch(run_operations, {dim3(1), dim3(64)}, 0, transcript.export_state(), script.data,
                 static_cast<unsigned>(script.size), results.data, state.data);
    const std::vector<Fp> got = queue.download(results);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const Fp4 want = expected(transcript, operations[i]);
      const Fp* const c = &got[4 * i];
      EXPECT_EQ(Fp4(c[0], c[1], c[2], c[3]), want)
          << "seed " << seed << ", operation " << i << " of kind "
          << static_cast<int>(operations[i].kind);
    }
    EXPECT_EQ(queue.download(state)[0], transcript.export_state());
    transcript.import_state(queue.download(state)[0]);
  }
}

}  // namespace
}  // namespace gyre::cuda

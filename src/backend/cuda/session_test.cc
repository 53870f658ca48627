#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "backend/cuda/cuda.h"
#include "backend/cuda/device_backend.h"
#include "backend/registry.h"
#include "gyre/airs/fibonacci.h"
#include "gyre/keys/keygen.h"
#include "gyre/prover.h"
#include "gyre/support/error.h"
#include "stacking/commitment.h"

namespace gyre::cuda {
namespace {

VerifyingKey small_key() {
  const FibonacciAir air;
  const Air* airs[] = {&air};
  return keygen(presets::test_small(2, 8, 3), airs).vk;
}

TEST(DeviceMatrices, ResidentCopiesAreUsed) {
  Queue queue(0);
  DeviceArena arena(1 << 12);
  DeviceMatrices matrices(queue, arena);
  const Matrix first(8, 2), second(16, 1), none(4, 0), tall_none(16, 0);
  const Fp on_device[16] = {};
  matrices.add(first, {on_device, 8, 2});
  EXPECT_EQ(matrices.get(first).values, on_device);
  EXPECT_EQ(arena.used(), 0u);
  const DeviceMatrix copy = matrices.get(second);
  EXPECT_EQ(matrices.get(second).values, copy.values);
  EXPECT_EQ(arena.used(), DeviceArena::bytes_of<Fp>(16));
  // Matrices without columns have no address that tells them apart.
  EXPECT_EQ(matrices.get(none).height, 4u);
  EXPECT_EQ(matrices.get(tall_none).height, 16u);
}

TEST(DeviceSession, ThreadsHaveTheirOwn) {
  const VerifyingKey key = small_key();
  const auto backend = make_backend(key, 0);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (unsigned i = 0; i < 8; ++i) {
        const Matrix matrix(32 << i, 2);
        const auto resident = backend->make_resident(matrix, MatrixOrder::kColumnMajor);
        Workload workload;
        workload.resident.push_back(resident.get());
        EXPECT_NE(backend->begin(workload), nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// What follows asks for the exact memory of the emulated device.
#if defined(GYRE_CUDA_EMULATED)

/// Bounds the device's memory to `bytes` beyond what is in use.
class MemoryBound {
 public:
  explicit MemoryBound(std::size_t bytes) {
    cuda_emulator::set_device_memory(cuda_emulator::device_memory_in_use() + bytes);
  }
  ~MemoryBound() { cuda_emulator::set_device_memory(std::size_t{4} << 30); }
};

TEST(ResidentMatrix, IsGivenBackWithItsLastUser) {
  const VerifyingKey key = small_key();
  const auto backend = make_backend(key, 0);
  const std::size_t before = cuda_emulator::device_memory_in_use();
  const Matrix matrix(64, 3);
  auto resident = backend->make_resident(matrix, MatrixOrder::kColumnMajor);
  EXPECT_EQ(resident->bytes(), 64u * 3 * 4);
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before + resident->bytes());
  Workload workload;
  workload.resident.push_back(resident.get());
  EXPECT_EQ(backend->plan(workload).traces, resident->bytes());
  resident.reset();
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before);
}

TEST(DeviceMemory, ExhaustionIsAnErrorAndTheNextOneWorks) {
  const VerifyingKey key = small_key();
  const auto backend = make_backend(key, 0);
  const Matrix matrix(1024, 4);
  {
    const MemoryBound bound(1000);
    try {
      backend->make_resident(matrix, MatrixOrder::kColumnMajor);
      FAIL() << "more than there is";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kResource);
      EXPECT_TRUE(std::string(error.what())
                      .starts_with("out of device memory: 16384 bytes are needed, 1000 of "))
          << error.what();
    }
    EXPECT_NE(backend->make_resident(Matrix(16, 4), MatrixOrder::kColumnMajor), nullptr);
  }
  EXPECT_NE(backend->make_resident(matrix, MatrixOrder::kColumnMajor), nullptr);
}

TEST(DeviceMemory, IsThatOfTheDevice) {
  const VerifyingKey key = small_key();
  const auto backend = make_backend(key, 0);
  EXPECT_EQ(backend->memory().owner, "the device");
  EXPECT_EQ(backend->memory().bytes, std::uint64_t{4} << 30);
  EXPECT_EQ(backend->device()->name, "emulated");
}

/// A workload whose session takes memory of its own from the pool.
struct PooledWork {
  explicit PooledWork(unsigned log_height)
      : key(small_key()),
        trace(std::size_t{1} << log_height, 2),
        layout(stacked_layout(key.params, std::array{trace.view()})) {
    load.traces.push_back({.air_index = 0, .air = &key.per_air[0], .log_height = log_height});
    load.commitments.push_back({.layout = &layout});
  }
  VerifyingKey key;
  Matrix trace;
  StackedLayout layout;
  Workload load;
};

TEST(PlacePool, KeepsMemoryForTheNextProofOfAnyProver) {
  const PooledWork work(6);
  const std::size_t before = cuda_emulator::device_memory_in_use();
  {
    const auto first = make_backend(work.key, 0), second = make_backend(work.key, 0);
    const std::size_t made = cuda_emulator::device_memory_in_use();
    const std::size_t arena = first->plan(work.load).arena();
    first->begin(work.load);
    EXPECT_EQ(cuda_emulator::device_memory_in_use(), made + arena);
    const auto session = second->begin(work.load);
    EXPECT_EQ(cuda_emulator::device_memory_in_use(), made + arena);
  }
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before);
}

TEST(PlacePool, GivesBackWhatIsTooSmallOrNoLongerNeeded) {
  const PooledWork small(2), large(6);
  const auto backend = make_backend(large.key, 0);
  const std::size_t before = cuda_emulator::device_memory_in_use();
  const std::size_t arena = backend->plan(large.load).arena();
  backend->begin(small.load);
  backend->begin(large.load);
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before + arena) << "too small";
  { const auto first = backend->begin(large.load), second = backend->begin(large.load); }
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before + 2 * arena) << "two at once";
  for (int i = 0; i < 16; ++i) backend->begin(large.load);
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before + 2 * arena) << "still kept";
  backend->begin(large.load);
  EXPECT_EQ(cuda_emulator::device_memory_in_use(), before + arena) << "one at a time";
}

TEST(PlacePool, MakesRoomWhenTheDeviceIsFull) {
  const PooledWork work(6);
  const auto backend = make_backend(work.key, 0);
  const std::size_t arena = backend->plan(work.load).arena();
  backend->begin(work.load);
  const MemoryBound bound(0);
  // A key's commitments do not take an idle place, so its memory must go.
  Workload key_load = work.load;
  key_load.traces.clear();
  ASSERT_LT(backend->plan(key_load).arena(), arena);
  EXPECT_NE(backend->begin(key_load), nullptr);
  EXPECT_NE(backend->begin(work.load), nullptr);
  const auto first = backend->begin(work.load);
  EXPECT_THROW(backend->begin(work.load), Error);
}

void register_emulated() {
  register_backend("cuda", {.make = [](const VerifyingKey& key, int device,
                                       unsigned) { return make_backend(key, device); },
                            .check = [](int device) { find_device(device); },
                            .has_devices = true});
}

TEST(DeviceMemory, ProofsThatDoNotFitAreRefusedAndTheNextOneWorks) {
  register_emulated();
  const FibonacciAir air;
  const Air* airs[] = {&air};
  const Prover prover(keygen(presets::test_small(2, 8, 3), airs), "cuda");
  const Matrix main = fibonacci_trace(Fp::zero(), Fp::one(), 64);
  const AirTraces traces[] = {
      {.air_index = 0, .common_main = main, .public_values = fibonacci_public_values(main)}};
  const auto refusal = [&](const ProveOptions& options) -> std::string {
    try {
      static_cast<void>(prover.prove(traces, options));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kResource) << error.what();
      return error.what();
    }
    return "no error";
  };
  {
    const MemoryBound bound(4096);
    EXPECT_TRUE(refusal({}).starts_with("out of device memory: ")) << refusal({});
  }
  EXPECT_NE(refusal({.memory_limit = 4096}).find("the memory limit is 4096"), std::string::npos);
  EXPECT_EQ(refusal({}), "no error");
}

/// Copies of the traces are counted once.
TEST(DeviceMemory, ProofsAtOnceShareTheLimit) {
  register_emulated();
  const FibonacciAir air;
  const Air* airs[] = {&air};
  const Prover prover(keygen(presets::test_small(2, 8, 3), airs), "cuda");
  const Matrix main = fibonacci_trace(Fp::zero(), Fp::one(), 64);
  const AirTraces traces[] = {
      {.air_index = 0, .common_main = main, .public_values = fibonacci_public_values(main)}};
  const ResidentTraces resident = prover.upload(traces);
  const auto savings = [&](std::uint64_t limit) -> std::string {
    Telemetry telemetry;
    ProveOptions options;
    options.telemetry = &telemetry;
    options.memory_limit = limit;
    options.proofs_at_once = 4;
    try {
      static_cast<void>(prover.prove(resident, options));
    } catch (const Error& error) {
      return error.what();
    }
    for (const Telemetry::Attribute& attribute : telemetry.attributes()) {
      if (attribute.name == "memory_savings") return attribute.value;
    }
    return "none";
  };
  // A plan from heights has the copy in the arena.
  const std::vector<AirHeight> heights = {{.air_index = 0, .log_height = 6}};
  const MemoryPlan fast = prover.plan(heights), low = prover.plan(heights, {.low_memory = true});
  const std::uint64_t shared = fast.preprocessed + resident.bytes();
  const std::uint64_t most = shared + 4 * (fast.arena() - resident.bytes());
  const std::uint64_t least = shared + 4 * (low.arena() - resident.bytes());
  ASSERT_LT(least, most);
  EXPECT_EQ(savings(most), "none");
  EXPECT_EQ(savings(most - 1), "0 of 1 columns of the codeword kept");
  const std::string refused = savings(least - 1);
  EXPECT_TRUE(refused.starts_with("4 proofs at once need " + std::to_string(least) + " bytes"))
      << refused;
}

/// A backend of any make can take the name.
TEST(DeviceBackend, IsABackendByName) {
  register_emulated();
  EXPECT_EQ(backend_obstacle("cuda"), "");
  EXPECT_EQ(backend_obstacle("cuda:1"), "cuda: there is no device 1; this machine has 1");
  EXPECT_EQ(backend_maker({.name = "cuda"}).make(small_key(), 0, 0)->name(), "cuda");
}

#endif

}  // namespace
}  // namespace gyre::cuda

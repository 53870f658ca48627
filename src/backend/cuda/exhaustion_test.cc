#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <vector>

#include "backend/cuda/cuda.h"
#include "backend/cuda/device_backend.h"
#include "backend/registry.h"
#include "gyre/airs/fibonacci.h"
#include "gyre/keys/keygen.h"
#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/support/error.h"

// The memory of a real device, taken by others; session_test.cc has the emulated one's.
#if !defined(GYRE_CUDA_EMULATED)

namespace gyre::cuda {
namespace {

std::size_t free_bytes() {
  std::size_t free = 0, total = 0;
  check(cudaMemGetInfo(&free, &total), "reading the free memory");
  return free;
}

/// Takes the device's memory but for about `rest` bytes.
class Occupation {
 public:
  explicit Occupation(std::size_t rest) {
    for (std::size_t piece = std::size_t{1} << 40; piece >= std::size_t{2} << 20; piece /= 2) {
      while (free_bytes() >= rest + piece) {
        void* memory = nullptr;
        if (cudaMalloc(&memory, piece) != cudaSuccess) {
          static_cast<void>(cudaGetLastError());
          break;
        }
        pieces_.push_back(memory);
      }
    }
  }
  ~Occupation() {
    for (void* const memory : pieces_) static_cast<void>(cudaFree(memory));
  }
  Occupation(const Occupation&) = delete;
  Occupation& operator=(const Occupation&) = delete;

 private:
  std::vector<void*> pieces_;
};

/// The numbers of "out of device memory: N bytes are needed, F of T are free".
struct Refusal {
  unsigned long long needed = 0, free = 0, total = 0;
};
template <class Action>
std::optional<Refusal> refusal_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kResource) << error.what();
    Refusal refusal;
    EXPECT_EQ(std::sscanf(error.what(),
                          "out of device memory: %llu bytes are needed, %llu of %llu are free",
                          &refusal.needed, &refusal.free, &refusal.total),
              3)
        << error.what();
    return refusal;
  }
  return std::nullopt;
}

class Exhaustion : public testing::Test {
 protected:
  Exhaustion() {
    register_backend("cuda", {.make = [](const VerifyingKey& key, int device,
                                         unsigned) { return make_backend(key, device); },
                              .check = [](int device) { find_device(device); },
                              .has_devices = true});
    traces_[0] = {.common_main = trace_, .public_values = fibonacci_public_values(trace_)};
  }

  static constexpr unsigned kLogHeight = 23;
  const FibonacciAir air_;
  const Air* const airs_[1] = {&air_};
  const ProvingKey key_ = keygen(presets::testing(kLogHeight + 1), airs_);
  const Matrix trace_ = fibonacci_trace(Fp::zero(), Fp::one(), std::size_t{1} << kLogHeight);
  AirTraces traces_[1];
};

TEST_F(Exhaustion, OfAProofIsAnErrorAndTheNextOneIsRight) {
  const std::vector<std::uint8_t> expected = encode_proof(Prover(key_, "cpu").prove(traces_));
  const Prover prover(key_, "cuda");
  const AirHeight heights[] = {{.air_index = 0, .log_height = kLogHeight}};
  const std::size_t planned = prover.plan(heights).total();
  // Enough for all but the memory that is planned.
  ASSERT_GT(planned, std::size_t{128} << 20);
  {
    const Occupation occupation(planned / 2);
    const auto refusal = refusal_of([&] { static_cast<void>(prover.prove(traces_)); });
    ASSERT_TRUE(refusal) << "more than there is";
    EXPECT_LT(refusal->free, refusal->needed);
    EXPECT_LE(refusal->needed, planned);
    EXPECT_GT(refusal->total, planned);
  }
  EXPECT_EQ(encode_proof(prover.prove(traces_)), expected);
}

TEST_F(Exhaustion, OfAnUploadIsAnErrorAndTheNextOneWorks) {
  const Prover prover(key_, "cuda");
  const std::vector<std::uint8_t> expected = encode_proof(prover.prove(traces_));
  const std::size_t bytes = trace_.view().values().size_bytes();
  {
    // What the prover has kept of its first proof is given back before it gives up.
    const Occupation occupation(bytes / 2);
    std::vector<ResidentTraces> uploaded;
    const auto refusal = refusal_of([&] {
      for (int i = 0; i < 1000; ++i) uploaded.push_back(prover.upload(traces_));
    });
    ASSERT_TRUE(refusal) << "more than there is";
    EXPECT_EQ(refusal->needed, bytes);
    EXPECT_LT(refusal->free, bytes);
    EXPECT_FALSE(uploaded.empty());
  }
  EXPECT_EQ(encode_proof(prover.prove(prover.upload(traces_))), expected);
}

}  // namespace
}  // namespace gyre::cuda

#endif

#include "gyre/prover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

#include "gyre/airs/program.h"
#include "gyre/keys/keygen.h"
#include "gyre/proof/codec.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "support/golden_case.h"
#include "support/memory_limits.h"
#include "support/row_major.h"
#include "support/tested_backends.h"

namespace gyre {
namespace {

/// "kind: text" of the error that `action` raises.
template <class F>
std::string error_of(F&& action) {
  try {
    action();
  } catch (const Error& error) {
    const char* kinds[] = {"misuse: ", "input: ", "unsatisfied: ", "resource: "};
    return kinds[static_cast<int>(error.kind())] + std::string(error.what());
  }
  return "no error";
}

/// The mixture of all fixtures: cached and preprocessed parts, interactions, required AIRs.
class ProverInput : public testing::TestWithParam<std::string> {
 protected:
  ProverInput()
      : golden_(load_golden_case("mixture_pow0")),
        prover_(golden_.proving_key_from_vk(), GetParam()),
        traces_(golden_.traces()) {}

  std::string error() const {
    return error_of([&] { (void)prover_.prove(traces_); });
  }
  /// Position in traces_ of the first AIR of a name.
  std::size_t position(const std::string& name) const {
    for (std::size_t i = 0; i < traces_.size(); ++i) {
      if (prover_.proving_key().per_air[traces_[i].air_index].name == name) return i;
    }
    throw std::logic_error("no " + name + " in the case");
  }

  AirTraces& with_cached_mains() {
    return *std::find_if(traces_.begin(), traces_.end(),
                         [](const AirTraces& traces) { return !traces.cached_mains.empty(); });
  }

  GoldenCase golden_;
  Prover prover_;
  std::vector<AirTraces> traces_;
};

TEST_P(ProverInput, WrongWidth) {
  const Matrix wide(8, 3);
  traces_[0].common_main = wide;
  EXPECT_EQ(error(), "misuse: AIR 0 (" + prover_.proving_key().per_air[0].name +
                         "): width of the common main: expected 2, got 3");
}

TEST_P(ProverInput, HeightIsNoPowerOfTwo) {
  const Matrix odd(7, 2);
  traces_[0].common_main = odd;
  EXPECT_NE(error().find("height of common main: expected a power of two, got 7"),
            std::string::npos)
      << error();
}

TEST_P(ProverInput, TallerThanTheStack) {
  const Matrix tall(std::size_t{1} << (golden_.params.log_stacked_height() + 1), 2);
  traces_[0].common_main = tall;
  EXPECT_NE(error().find("height: expected at most 2^8, got 512"), std::string::npos) << error();
}

TEST_P(ProverInput, PartsOfDifferentHeight) {
  AirTraces& traces = with_cached_mains();
  const Matrix tall(16, traces.cached_mains[0].width());
  traces.cached_mains[0] = tall;
  EXPECT_NE(error().find("): height of common main: expected 16, got 4"), std::string::npos)
      << error();
}

TEST_P(ProverInput, HeightOfThePreprocessedTrace) {
  AirTraces& traces = traces_[position("FibonacciSelector")];
  const Matrix tall(16, 2);
  traces.common_main = tall;
  EXPECT_NE(error().find("by the preprocessed trace: expected 8, got 16"), std::string::npos)
      << error();
}

TEST_P(ProverInput, NumberOfCachedMainsAndPublicValues) {
  AirTraces& traces = with_cached_mains();
  const std::vector<MatrixView> cached = std::exchange(traces.cached_mains, {});
  EXPECT_NE(error().find("number of cached main parts: expected"), std::string::npos) << error();
  traces.cached_mains = cached;
  traces_[0].public_values.push_back(Fp::one());
  EXPECT_NE(error().find("number of public values: expected"), std::string::npos) << error();
}

TEST_P(ProverInput, OrderAndPresence) {
  std::swap(traces_[0], traces_[1]);
  EXPECT_NE(error().find("expected ascending"), std::string::npos) << error();
  std::swap(traces_[0], traces_[1]);
  traces_.back().air_index = 99;
  EXPECT_NE(error().find("traces of AIR 99: the key has 12 AIRs"), std::string::npos) << error();
  traces_.clear();
  EXPECT_EQ(error(), "misuse: a proof needs the traces of at least one AIR");
}

TEST_P(ProverInput, RequiredAirIsAbsent) {
  const GoldenCase golden = load_golden_case("optional_all_required");
  const Prover prover(golden.proving_key_from_vk(), GetParam());
  std::vector<AirTraces> traces = golden.traces();
  traces.erase(traces.begin());
  EXPECT_NE(error_of([&] { (void)prover.prove(traces); }).find("AIR 0 (Fibonacci) is required"),
            std::string::npos);
}

TEST_P(ProverInput, BusDoesNotBalance) {
  std::erase_if(traces_, [&](const AirTraces& traces) {
    return traces.air_index == traces_[position("DummyInteraction")].air_index;
  });
  EXPECT_EQ(error().substr(0, 13), "unsatisfied: ") << error();
}

TEST_P(ProverInput, StackIsTooWide) {
  ProvingKey key = golden_.proving_key_from_vk();
  key.vk.params.w_stack = 1;
  const Prover prover(std::move(key), GetParam());
  EXPECT_NE(error_of([&] { (void)prover.prove(traces_); }).find("stacked columns, w_stack is 1"),
            std::string::npos);
}

TEST_P(ProverInput, HeightsBeyondTheLinearBound) {
  ProvingKey key = golden_.proving_key_from_vk();
  ASSERT_FALSE(key.vk.trace_height_constraints.empty());
  key.vk.trace_height_constraints[0].threshold = 1;
  const Prover prover(std::move(key), GetParam());
  EXPECT_NE(error_of([&] {
              (void)prover.prove(traces_);
            }).find("trace height constraint 0 bounds the interactions by 1"),
            std::string::npos);
}

TEST_P(ProverInput, PreprocessedTraceOfAnotherKey) {
  ProvingKey key = golden_.proving_key_from_vk();
  const std::size_t air = traces_[position("FibonacciSelector")].air_index;
  (*key.per_air[air].preprocessed_trace)(0, 0) += Fp::one();
  EXPECT_NE(error_of([&] { Prover(key, GetParam()); }).find("not the one that the key commits to"),
            std::string::npos);
  key.per_air[air].preprocessed_trace.reset();
  EXPECT_NE(error_of([&] { Prover(key, GetParam()); }).find("preprocessed trace is absent"),
            std::string::npos);
  key.per_air.pop_back();
  EXPECT_EQ(error_of([&] { Prover(key, GetParam()); }),
            "misuse: proving key: expected 12 AIRs as in its verifying key, got 11");
}

/// A constraint that does not hold gives a proof that does not verify, not an error.
TEST_P(ProverInput, ViolatedConstraint) {
  Matrix trace = golden_.airs[0].common_main;
  trace(3, 0) += Fp::one();
  traces_[0].common_main = trace;
  EXPECT_TRUE(verify(prover_.verifying_key(), prover_.prove(traces_)));
}

TEST_P(ProverInput, NoCommonMainAtAll) {
  auto air = ProgramAir::parse("M 0 0 0\nA 0\n", {.cached_main_widths = {1}});
  ASSERT_TRUE(air);
  const Air* airs[] = {&*air};
  const Prover prover(keygen(presets::test_small(2, 8, 3), airs), GetParam());
  const Matrix zeros(4, 1);
  AirTraces traces;
  traces.cached_mains = {zeros};
  EXPECT_EQ(error_of([&] { (void)prover.prove(std::array{traces}); }),
            "misuse: stacking: the matrices have no columns");
}

/// Beyond what the reference can prove: no variable is left for its first challenge.
TEST_P(ProverInput, OneRowWithoutSkipAndInteractions) {
  auto air = ProgramAir::parse("M 0 0 0\nF\n* 0 1\nA 2\n", {.common_main_width = 1});
  ASSERT_TRUE(air);
  const Air* airs[] = {&*air};
  const Prover prover(keygen(presets::test_small(0, 8, 3), airs), GetParam());
  const Matrix zero(1, 1);
  AirTraces traces;
  traces.common_main = zero;
  const Proof proof = prover.prove(std::array{traces});
  EXPECT_FALSE(verify(prover.verifying_key(), proof));
}

TEST_P(ProverInput, TracesUploadedOnceGiveTheSameProofs) {
  const ResidentTraces resident = prover_.upload(traces_);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(encode_proof(prover_.prove(resident)), golden_.proof_bytes);
  }
  const Prover other(golden_.proving_key_from_vk(), GetParam());
  EXPECT_EQ(error_of([&] { (void)other.prove(resident); }),
            "misuse: the traces were uploaded for another prover");
}

/// Proven as they are, with little memory, and uploaded.
TEST_P(ProverInput, RowMajorTracesGiveTheSameProofs) {
  const RowMajorTraces row_major(traces_);
  EXPECT_EQ(encode_proof(prover_.prove(row_major.traces())), golden_.proof_bytes);
  EXPECT_EQ(encode_proof(prover_.prove(row_major.traces(), {.low_memory = true})),
            golden_.proof_bytes);
  const ResidentTraces resident = prover_.upload(row_major.traces());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(encode_proof(prover_.prove(resident)), golden_.proof_bytes);
  }
  // Each AIR has an order of its own.
  for (std::size_t i = 0; i < traces_.size(); i += 2) traces_[i] = row_major.traces()[i];
  EXPECT_EQ(encode_proof(prover_.prove(traces_)), golden_.proof_bytes);
}

TEST_P(ProverInput, RowMajorTracesOfOneAndTwoRows) {
  for (const char* name : {"fib_h1_l2", "fib_h2_l5"}) {
    const GoldenCase golden = load_golden_case(name);
    const Prover prover(golden.proving_key_from_vk(), GetParam());
    const RowMajorTraces row_major(golden.traces());
    EXPECT_EQ(encode_proof(prover.prove(row_major.traces())), golden.proof_bytes) << name;
  }
}

/// Many more columns than are transposed at once, an odd number of them.
TEST_P(ProverInput, RowMajorTracesOfManyColumns) {
  auto air = ProgramAir::parse("M 0 0 0\nF\n* 0 1\nA 2\n", {.common_main_width = 331});
  ASSERT_TRUE(air);
  const Air* airs[] = {&*air};
  const ProvingKey key = keygen(presets::test_small(2, 8, 3), airs);
  Matrix trace(32, 331);
  for (std::size_t i = 0; i < 32 * 331; ++i) trace(i % 32, i / 32) = Fp::from_uint64(i * i);
  trace(0, 0) = Fp::zero();
  const AirTraces traces[] = {{.common_main = trace}};
  const Prover prover(key, GetParam());
  const Proof proof = prover.prove(traces);
  EXPECT_FALSE(verify(key.vk, proof));
  const RowMajorTraces row_major(traces);
  EXPECT_EQ(encode_proof(prover.prove(row_major.traces())), encode_proof(proof));
}

TEST_P(ProverInput, ProofsOfSeveralThreadsAreTheSame) {
  std::vector<std::vector<std::uint8_t>> proofs(3);
  std::vector<std::thread> threads;
  for (std::vector<std::uint8_t>& bytes : proofs) {
    threads.emplace_back([&] { bytes = encode_proof(prover_.prove(traces_)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<std::uint8_t>& bytes : proofs) EXPECT_EQ(bytes, golden_.proof_bytes);
}

INSTANTIATE_TEST_SUITE_P(Backends, ProverInput, testing::ValuesIn(tested_backends()),
                         [](const auto& param) { return param.param; });

TEST(Prover, UnknownBackend) {
  const GoldenCase golden = load_golden_case("fib_small");
  EXPECT_EQ(error_of([&] { Prover(golden.proving_key_from_vk(), "abacus"); }),
            "misuse: no backend is named 'abacus'; there are: cpu, reference, cuda");
}

std::vector<Fp> witnesses(const GoldenCase& golden) {
  std::vector<Fp> values;
  for (const GoldenCase::Witness& step : golden.pow_witnesses) {
    if (step.bits != 0) values.push_back(step.witness);
  }
  return values;
}

TEST(ForcedWitnesses, TheSmallestGiveTheSameProof) {
  const GoldenCase golden = load_golden_case("fib_small");
  const Prover prover(golden.proving_key_from_vk());
  const Proof proof = prover.prove(golden.traces(), {.forced_witnesses = witnesses(golden)});
  EXPECT_EQ(encode_proof(proof), golden.proof_bytes);
}

TEST(ForcedWitnesses, MustFitTheProof) {
  const GoldenCase golden = load_golden_case("fib_small");
  const Prover prover(golden.proving_key_from_vk());
  std::vector<Fp> forced = witnesses(golden);
  const auto error = [&] {
    return error_of([&] { (void)prover.prove(golden.traces(), {.forced_witnesses = forced}); });
  };
  forced.push_back(Fp::zero());
  EXPECT_NE(error().find("given, the proof has"), std::string::npos) << error();
  forced.resize(2);
  EXPECT_EQ(error(), "misuse: forced witnesses: 2 given, the proof needs more");
}

/// Takes the second smallest solution of every step. The verifier accepts it, and a number between
/// the two solutions is refused: ours are the smallest.
TEST(ForcedWitnesses, EveryValidWitnessIsAccepted) {
  const GoldenCase golden = load_golden_case("fib_small");
  const Prover prover(golden.proving_key_from_vk());
  std::vector<Fp> forced;
  std::optional<Proof> proof;
  while (!proof) {
    unsigned solutions = 0;
    forced.push_back(Fp::zero());
    ASSERT_LE(forced.size(), witnesses(golden).size());
    for (std::uint32_t candidate = 0; solutions < 2; ++candidate) {
      forced.back() = Fp::from_canonical(candidate);
      const std::string error =
          error_of([&] { proof = prover.prove(golden.traces(), {.forced_witnesses = forced}); });
      const std::string invalid =
          "misuse: forced witness " + std::to_string(forced.size() - 1) + " (";
      if (!error.starts_with(invalid)) ++solutions;
      ASSERT_LT(candidate, 1000u) << error;
    }
  }
  EXPECT_EQ(forced.size(), witnesses(golden).size());
  EXPECT_NE(encode_proof(*proof), golden.proof_bytes);
  const auto error = verify(prover.verifying_key(), *proof);
  EXPECT_FALSE(error) << error->debug();
}

TEST(ProverMemory, PlanIsWhatAProofHolds) {
  for (const char* name : {"fib_small", "inter11", "mixture_pow0", "prep_cached1"}) {
    for (const bool low_memory : {false, true}) {
      const GoldenCase golden = load_golden_case(name);
      const Prover prover(golden.proving_key_from_vk(), "cpu", 2);
      const std::vector<AirHeight> heights = heights_of(golden.traces());
      const MemoryPlan plan = prover.plan(heights, {.low_memory = low_memory});
      const std::uint64_t before = buffer_bytes_in_use();
      Telemetry telemetry;
      prover.prove(golden.traces(), {.telemetry = &telemetry, .low_memory = low_memory});
      const std::uint64_t held = telemetry.spans().front().counters.peak_memory - before;
      constexpr std::uint64_t kScratchOfThreads = 2 << 20;
      EXPECT_LE(held, plan.arena() + kScratchOfThreads) << name;
      EXPECT_GE(held, plan.arena() * 3 / 4) << name;
      EXPECT_EQ(buffer_bytes_in_use(), before) << name;
    }
  }
}

TEST(ProverMemory, LimitIsKeptAndTheNextProofWorks) {
  const GoldenCase golden = load_golden_case("fib_small");
  const Prover prover(golden.proving_key_from_vk());
  const std::vector<AirHeight> heights = {
      {.air_index = golden.traces().front().air_index,
       .log_height = golden.traces().front().common_main.log_height()}};
  const std::uint64_t total = prover.plan(heights).total();
  const std::string refused =
      error_of([&] { prover.prove(golden.traces(), {.memory_limit = total - 1}); });
  EXPECT_TRUE(refused.find("the proof needs " + std::to_string(total) + " bytes") !=
              std::string::npos)
      << refused;
  EXPECT_EQ(error_of([&] { prover.check_memory(heights, {.memory_limit = total - 1}); }), refused);
  EXPECT_EQ(encode_proof(prover.prove(golden.traces(), {.memory_limit = total})),
            golden.proof_bytes);
}

TEST(ProverMemory, ProofsAtOnceShareTheLimit) {
  const GoldenCase golden = load_golden_case("fib_small");
  const Prover prover(golden.proving_key_from_vk());
  const MemoryPlan plan = prover.plan(heights_of(golden.traces()));
  const std::uint64_t needed = plan.traces + 3 * plan.arena();
  EXPECT_EQ(plan.total(3), needed);
  ProveOptions options;
  options.proofs_at_once = 3;
  options.memory_limit = needed;
  EXPECT_EQ(encode_proof(prover.prove(golden.traces(), options)), golden.proof_bytes);
  options.memory_limit = needed - 1;
  const std::string refused = error_of([&] { prover.prove(golden.traces(), options); });
  EXPECT_TRUE(
      refused.starts_with("resource: 3 proofs at once need " + std::to_string(needed) + " bytes ("))
      << refused;
  EXPECT_NE(refused.find("the memory limit is " + std::to_string(needed - 1)), std::string::npos);
  options.proofs_at_once = 0;
  EXPECT_EQ(error_of([&] { prover.prove(golden.traces(), options); }),
            "misuse: proofs at once: expected at least 1, got 0");
}

/// Their column-major copies count.
TEST(ProverMemory, LimitIsKeptForRowMajorTraces) {
  const GoldenCase golden = load_golden_case("fib_small");
  const Prover prover(golden.proving_key_from_vk());
  const std::vector<AirTraces> traces = golden.traces();
  const MatrixView main = traces.front().common_main;
  const std::vector<AirHeight> heights = {
      {.air_index = traces.front().air_index, .log_height = main.log_height()}};
  const RowMajorTraces row_major(traces);
  const std::uint64_t total = prover.plan(heights).total() + main.values().size_bytes();
  const std::string refused =
      error_of([&] { prover.prove(row_major.traces(), {.memory_limit = total - 1}); });
  EXPECT_NE(refused.find("the proof needs " + std::to_string(total) + " bytes"), std::string::npos)
      << refused;
  EXPECT_EQ(encode_proof(prover.prove(row_major.traces(), {.memory_limit = total})),
            golden.proof_bytes);
}

TEST(ProverMemory, PlanRefusesWhatTheKeyDoesNotHave) {
  const Prover prover(load_golden_case("fib_small").proving_key_from_vk());
  const std::vector<AirHeight> unknown = {{.air_index = 99, .log_height = 3}};
  EXPECT_TRUE(error_of([&] { prover.plan(unknown); }).starts_with("misuse: plan: expected"));
  const std::vector<AirHeight> tall = {{.air_index = 0, .log_height = 40}};
  EXPECT_NE(error_of([&] { prover.plan(tall); }).find("height: expected at most"),
            std::string::npos);
}

}  // namespace
}  // namespace gyre

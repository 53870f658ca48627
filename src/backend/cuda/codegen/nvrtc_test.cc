#include "backend/cuda/codegen/nvrtc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

#include "backend/cuda/codegen/generator.h"
#include "gyre/support/error.h"
#include "support/generated_kernels/airs.h"

namespace gyre::cuda {
namespace {

TEST(KernelKey, DependsOnAllThatTheCodeDependsOn) {
  const std::string key = kernel_key("source", {"a", "b"}, {13, 0});
  EXPECT_EQ(key.size(), 64u);
  EXPECT_EQ(key, kernel_key("source", {"a", "b"}, {13, 0}));
  EXPECT_NE(key, kernel_key("source ", {"a", "b"}, {13, 0}));
  EXPECT_NE(key, kernel_key("source", {"ab"}, {13, 0}));
  EXPECT_NE(key, kernel_key("source", {"a", "b"}, {13, 1}));
  EXPECT_NE(nvrtc_options(8, 0), nvrtc_options(9, 0));
}

/// Needs NVRTC and no GPU.
class NvrtcTest : public testing::Test {
 protected:
  void SetUp() override {
    if (nvrtc_ == nullptr) GTEST_SKIP() << "there is no NVRTC";
  }
  const Nvrtc* const nvrtc_ = Nvrtc::find();
};

TEST_F(NvrtcTest, SaysWhatIsWrong) {
  try {
    nvrtc_->compile("does not compile", nvrtc_options(9, 0));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("generated.cu"), std::string::npos) << error.what();
  }
}

/// The largest number before `word` in the compiler's log, which has one per function; -1 without.
int largest_before(const std::string& log, const std::string& word) {
  int largest = -1;
  for (std::size_t at = log.find(word); at != std::string::npos; at = log.find(word, at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && std::isdigit(static_cast<unsigned char>(log[begin - 1])) != 0) --begin;
    largest = std::max(largest, std::atoi(log.substr(begin, at - begin).c_str()));
  }
  return largest;
}

TEST_F(NvrtcTest, KernelsStayInRegisters) {
  const KernelAirs airs;
  // Keccak's kernels take the compiler a minute.
  const bool all = std::getenv("GYRE_TEST_LONG_COMPILATIONS") != nullptr;
  for (std::size_t i = 0; i < airs.names.size(); ++i) {
    const GeneratorAir air{&airs.keys[i].symbolic, &airs.expressions[i], &airs.pieces[i]};
    for (const KernelForm form : {KernelForm::kBase, KernelForm::kExtension}) {
      for (const GeneratedKernel& kernel : generate_kernels(form, air, kernel_instructions(form))) {
        if (kernel.instructions > 1000 && !all) continue;
        const Nvrtc::Compiled compiled = nvrtc_->compile(kernel.source, nvrtc_options(9, 0));
        EXPECT_GT(compiled.cubin.size(), 1000u);
        // A random DAG reads nodes from anywhere: hundreds of values live at a time.
        if (airs.names[i].starts_with("random")) continue;
        EXPECT_LE(largest_before(compiled.log, " bytes spill stores"), 16) << airs.names[i];
        EXPECT_LE(largest_before(compiled.log, " registers"), form == KernelForm::kBase ? 96 : 128);
        RecordProperty(airs.names[i] + (form == KernelForm::kBase ? "_base" : "_extension"),
                       compiled.log);
      }
    }
  }
}

}  // namespace
}  // namespace gyre::cuda

#include "backend/cuda/codegen/kernel_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "backend/cuda/queue.h"
#include "gyre/support/error.h"

namespace gyre::cuda {
namespace {

class EmptyKernel : public RunnableKernel {
 public:
  explicit EmptyKernel(std::size_t bytes) : bytes_(bytes) {}
  void launch(Queue&, const Grid&, std::uint64_t, const void*, std::uint32_t,
              std::uint32_t) const override {}
  std::size_t code_bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
};

class KernelPools : public testing::Test {
 protected:
  KernelPool::Kernel get(const std::string& name) {
    return pool_.get(name, [&]() -> KernelPool::Kernel {
      ++made_;
      return std::make_shared<EmptyKernel>(40);
    });
  }
  KernelPool pool_{100};
  std::atomic<int> made_{0};
};

TEST_F(KernelPools, AKernelIsMadeOnce) {
  const auto a = get("a");
  EXPECT_EQ(get("a"), a);
  EXPECT_NE(get("b"), a);
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(pool_.bytes(), 80u);
}

TEST_F(KernelPools, WhoAsksMeanwhileWaits) {
  std::vector<KernelPool::Kernel> kernels(8);
  std::atomic<int> asked{0};
  std::vector<std::thread> threads;
  for (KernelPool::Kernel& kernel : kernels) {
    threads.emplace_back([&] {
      ++asked;
      kernel = pool_.get("a", [&]() -> KernelPool::Kernel {
        while (asked < 8) std::this_thread::yield();
        ++made_;
        return std::make_shared<EmptyKernel>(40);
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made_, 1);
  for (const KernelPool::Kernel& kernel : kernels) EXPECT_EQ(kernel, kernels.front());
}

TEST_F(KernelPools, AFailureIsNotKept) {
  const auto fail = []() -> KernelPool::Kernel { throw Error(ErrorKind::kResource, "refused"); };
  EXPECT_THROW(pool_.get("a", fail), Error);
  EXPECT_NE(get("a"), nullptr);
  EXPECT_EQ(pool_.bytes(), 40u);
}

TEST_F(KernelPools, WhatNobodyHoldsGoesFirstAskedFirst) {
  const KernelPool::Kernel held = get("a");
  get("b");
  get("c");  // 120 bytes: b goes
  EXPECT_EQ(pool_.bytes(), 80u);
  EXPECT_EQ(get("a"), held);
  get("c");
  EXPECT_EQ(made_, 3);
  get("b");  // and then c
  EXPECT_EQ(made_, 4);
  EXPECT_EQ(get("a"), held);
  get("c");
  EXPECT_EQ(made_, 5);
}

TEST_F(KernelPools, WhatIsHeldStays) {
  const KernelPool::Kernel a = get("a"), b = get("b"), c = get("c");
  EXPECT_EQ(pool_.bytes(), 120u);
  EXPECT_EQ(get("a"), a);
  EXPECT_EQ(made_, 3);
}

}  // namespace
}  // namespace gyre::cuda

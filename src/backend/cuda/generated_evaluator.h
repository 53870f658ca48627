#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/cuda/codegen/generator.h"
#include "backend/cuda/evaluation.h"

namespace gyre::cuda {

/// A compiled kernel on a device. Immutable, thread-safe.
class RunnableKernel {
 public:
  virtual ~RunnableKernel() = default;
  /// kernel(device_items, num_items). Errors as Queue.
  virtual void launch(Queue& queue, const Grid& grid, std::uint64_t bytes_moved,
                      const void* device_items, std::uint32_t num_items) const = 0;
};

/// Makes generated kernels run. Thread-safe.
class KernelBuilder {
 public:
  virtual ~KernelBuilder() = default;
  /// gyre::Error when the kernel cannot be had.
  virtual std::unique_ptr<const RunnableKernel> build(const GeneratedKernel& kernel) const = 0;
  /// What the user should know; empty: nothing.
  virtual std::string note() const { return {}; }
};

/// Compiles for a device and keeps the machine code in the user's cache folder (see KernelCache).
/// Null where there is no run-time compiler.
std::unique_ptr<const KernelBuilder> make_kernel_builder(int device);

/// When kernels are compiled: never; on other threads while proofs are interpreted; or before the
/// backend is there. From GYRE_CUDA_CODEGEN: off, background (also when unset) or wait; misuse for
/// anything else.
enum class CodegenMode { kOff, kBackground, kWait };
CodegenMode codegen_mode();

/// Runs the AIRs whose kernels are compiled by them and the others by `interpreter`. The results do
/// not depend on which. `airs`: all of the key, in its order; not used after the call. The end of
/// the evaluator waits for compilations that have begun.
std::shared_ptr<const Evaluator> make_generated_evaluator(
    std::shared_ptr<const Evaluator> interpreter, std::span<const GeneratorAir> airs,
    std::unique_ptr<const KernelBuilder> builder, CodegenMode mode,
    std::size_t most_instructions = kKernelInstructions);

}  // namespace gyre::cuda

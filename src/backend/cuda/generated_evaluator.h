#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/cuda/codegen/compilation_rule.h"
#include "backend/cuda/codegen/generator.h"
#include "backend/cuda/codegen/kernel_pool.h"
#include "backend/cuda/evaluation.h"

namespace gyre::cuda {

/// Makes generated kernels run. Thread-safe.
class KernelBuilder {
 public:
  virtual ~KernelBuilder() = default;
  /// gyre::Error when the kernel cannot be had.
  virtual std::shared_ptr<const RunnableKernel> build(const GeneratedKernel& kernel) const = 0;
  /// What the user should know; empty: nothing.
  virtual std::string note() const { return {}; }
};

/// Compiles for a device, keeps the machine code in the user's cache folder (see KernelCache) and
/// the kernels for other keys of the process (see KernelPool). Null where there is no run-time
/// compiler.
std::unique_ptr<const KernelBuilder> make_kernel_builder(int device);

/// When kernels are compiled: never; on other threads while proofs are interpreted; or before the
/// backend is there. From GYRE_CUDA_CODEGEN: off, background (also when unset) or wait; misuse for
/// anything else.
enum class CodegenMode { kOff, kBackground, kWait };
CodegenMode codegen_mode();

/// Runs the AIRs whose kernels are compiled by them, where `rule` says that it pays, and the others
/// by `interpreter`. The results do not depend on which. `airs`: all of the key, in its order; not
/// used after the call. AIRs that are alike share their kernels. The end of the evaluator waits for
/// compilations that have begun.
std::shared_ptr<const Evaluator> make_generated_evaluator(
    std::shared_ptr<const Evaluator> interpreter, std::span<const GeneratorAir> airs,
    std::unique_ptr<const KernelBuilder> builder, CodegenMode mode,
    const CompilationRule& rule = {});

}  // namespace gyre::cuda

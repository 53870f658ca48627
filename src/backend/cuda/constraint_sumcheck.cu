#include "backend/cuda/cuda.h"
#include "gyre/support/error.h"

namespace gyre::cuda {

std::size_t round0_bytes(const Context&, const Workload&) {
  return 0;
}
std::size_t mle_rounds_bytes(const Context&, const Workload&) {
  return 0;
}
std::unique_ptr<ConstraintSumcheck> make_constraint_sumcheck(Work&, ConstraintSumcheckInput) {
  throw misuse("not there yet");
}

}  // namespace gyre::cuda

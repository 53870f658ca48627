#include "backend/cuda/cuda.h"
#include "gyre/support/error.h"

namespace gyre::cuda {

std::optional<Fp> grind(Work&, const GrindingChallenge&) {
  throw misuse("not there yet");
}

}  // namespace gyre::cuda

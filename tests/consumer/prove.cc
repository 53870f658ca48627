// Proves a Fibonacci trace and writes key and proof: prove KEY_FILE PROOF_FILE.

#include <cstdio>

#include "gyre/airs/fibonacci.h"
#include "gyre/keys/keygen.h"
#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/verifier.h"
#include "write_file.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const gyre::Matrix trace =
      gyre::fibonacci_trace(gyre::Fp::from_canonical(0), gyre::Fp::from_canonical(1), 16);
  const gyre::FibonacciAir air;
  gyre::KeyGenerator generator(gyre::presets::test_small(2, 8, 3));
  generator.add_air(air);
  const gyre::Prover prover(generator.generate());

  gyre::AirTraces traces;
  traces.common_main = trace;
  traces.public_values = gyre::fibonacci_public_values(trace);
  const gyre::Proof proof = prover.prove(std::span(&traces, 1));
  if (const auto error = gyre::verify(prover.verifying_key(), proof)) {
    std::fprintf(stderr, "%s\n", error->message().c_str());
    return 1;
  }
  const bool written = write_file(argv[1], gyre::encode_verifying_key(prover.verifying_key())) &&
                       write_file(argv[2], gyre::encode_proof(proof));
  return written ? 0 : 1;
}

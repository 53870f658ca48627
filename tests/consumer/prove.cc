// Proves a Fibonacci trace and writes key and proof: prove KEY_FILE PROOF_FILE.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "gyre/airs/fibonacci.h"
#include "gyre/keys/keygen.h"
#include "gyre/proof/codec.h"
#include "gyre/prover.h"
#include "gyre/verifier.h"

namespace {

bool write(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file.flush());
}

}  // namespace

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
  const bool written = write(argv[1], gyre::encode_verifying_key(prover.verifying_key())) &&
                       write(argv[2], gyre::encode_proof(proof));
  return written ? 0 : 1;
}

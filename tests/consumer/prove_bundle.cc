// Proves a bundle: prove_bundle BUNDLE_FOLDER PROOF_FILE.

#include <cstdio>
#include <utility>

#include "gyre/bundle/bundle.h"
#include "gyre/proof/codec.h"
#include "gyre/support/error.h"
#include "write_file.h"

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  gyre::Bundle bundle = gyre::read_bundle(argv[1]);
  const auto traces = bundle.traces();
  const gyre::Prover prover(std::move(bundle.proving_key));
  return write_file(argv[2], gyre::encode_proof(prover.prove(traces))) ? 0 : 1;
} catch (const gyre::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

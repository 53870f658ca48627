// Verifies files: verify KEY_FILE PROOF_FILE. Exit code 0 if the proof is valid.

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "gyre/proof/codec.h"
#include "gyre/verifier.h"

namespace {

std::vector<std::uint8_t> read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto key = gyre::decode_verifying_key(read(argv[1]));
  if (!key) return std::fprintf(stderr, "%s\n", key.error().message().c_str()), 2;
  const auto proof = gyre::decode_proof(read(argv[2]));
  if (!proof) return std::fprintf(stderr, "%s\n", proof.error().message().c_str()), 2;
  if (const auto error = gyre::verify(*key, *proof)) {
    std::fprintf(stderr, "%s\n", error->message().c_str());
    return 1;
  }
  std::puts("valid");
  return 0;
}

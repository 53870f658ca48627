#include <random>

#include "fuzz.h"
#include "gyre/proof/codec.h"
#include "gyre/verifier.h"
#include "support/shaped_proof.h"
#include "support/verify_stages.h"

namespace gyre {
namespace {

constexpr std::size_t kMaxElements = 1u << 12;  // of the proofs made here: keeps an input fast

/// The input is the length of a key in two bytes, low first, the key, and a proof. Both are
/// hostile. A key is also tried with a proof of random elements that has the shape it asks for.
void check_verify(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 2) return;
  const std::size_t key_size = bytes[0] | std::size_t{bytes[1]} << 8;
  if (key_size > bytes.size() - 2) return;
  const auto key = decode_verifying_key(bytes.subspan(2, key_size));
  if (!key) return;
  const std::span<const std::uint8_t> proof_bytes = bytes.subspan(2 + key_size);

  if (const auto proof = decode_proof(proof_bytes)) {
    const auto failure = verify(*key, *proof);
    const auto again = verify(*key, *proof);
    require(failure.has_value() == again.has_value());
    require(!failure || failure->debug() == again->debug());
    verify_stages(*key, *proof);
  }
  std::mt19937_64 random(proof_bytes.size());
  const auto proof = shaped_proof(*key, random_log_heights(*key, random), random, kMaxElements);
  if (!proof) return;
  require(verify(*key, *proof).has_value());
  const auto decoded = decode_proof(encode_proof(*proof));
  require(decoded && *decoded == *proof);
  verify_stages(*key, *proof);
}

}  // namespace
}  // namespace gyre

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gyre::check_verify({data, size});
  return 0;
}

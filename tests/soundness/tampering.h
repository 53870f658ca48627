#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "gyre/proof/codec.h"
#include "gyre/support/error.h"
#include "gyre/verifier.h"
#include "support/golden_case.h"

namespace gyre {

/// A golden case that tests tamper with.
struct Target {
  VerifyingKey key;
  Proof proof;
};

inline Target load_target(const std::string& name) {
  const GoldenCase golden = load_golden_case(name);
  auto proof = decode_proof(golden.proof_bytes);
  if (!proof) throw std::runtime_error(name + ": " + proof.error().message());
  return {golden.verifying_key(), std::move(*proof)};
}

/// The verdict on a proof object, which has to be the same on its bytes where it can be encoded.
inline std::optional<VerifyError> verdict(const VerifyingKey& key, const Proof& proof) {
  const std::optional<VerifyError> failure = verify(key, proof);
  std::vector<std::uint8_t> bytes;
  try {
    bytes = encode_proof(proof);
  } catch (const Error&) {
    return failure;
  }
  const auto decoded = decode_proof(bytes);
  if (!decoded) {
    // Lists of another length in the first entry change what the bytes mean.
    EXPECT_TRUE(failure && failure->path().starts_with("ProofShapeError"))
        << decoded.error().message();
    return failure;
  }
  const std::optional<VerifyError> again = verify(key, *decoded);
  EXPECT_EQ(failure ? failure->debug() : "", again ? again->debug() : "");
  return failure;
}

/// Expects that `tamper` makes the proof invalid with the error of that name; returns it.
template <class Tamper>
VerifyError expect_rejected(const Target& target, const std::string& name, Tamper&& tamper) {
  Proof proof = target.proof;
  tamper(proof);
  const std::optional<VerifyError> failure = verdict(target.key, proof);
  EXPECT_TRUE(failure) << "accepted, expected " << name;
  if (!failure) return {};
  EXPECT_EQ(failure->name(), name) << failure->debug();
  return *failure;
}

template <class Tamper>
void expect_accepted(const Target& target, Tamper&& tamper) {
  Proof proof = target.proof;
  tamper(proof);
  const std::optional<VerifyError> failure = verdict(target.key, proof);
  EXPECT_FALSE(failure) << failure->debug();
}

inline void add_one(Fp& value) {
  value += Fp::one();
}
inline void add_one(Fp4& value) {
  value += Fp4::one();
}

}  // namespace gyre

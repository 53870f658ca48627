#pragma once

#include <optional>
#include <random>
#include <vector>

#include "gyre/keys/verifying_key.h"
#include "gyre/proof/proof.h"

namespace gyre {

/// A proof of random field elements that passes the shape checks for `key`. Nothing if it would
/// have more than `max_elements` of them (a hostile key may ask for any number), or if no AIR has a
/// height. `log_heights`: per AIR; nothing for an absent one.
/// Requires heights of at most l_skip + n_stack, and a key that passes find_key_fault.
std::optional<Proof> shaped_proof(const VerifyingKey& key,
                                  const std::vector<std::optional<unsigned>>& log_heights,
                                  std::mt19937_64& random, std::size_t max_elements = 1u << 18);

/// Random heights for `key`: required and some other AIRs, preprocessed ones at their height.
std::vector<std::optional<unsigned>> random_log_heights(const VerifyingKey& key,
                                                        std::mt19937_64& random);

}  // namespace gyre

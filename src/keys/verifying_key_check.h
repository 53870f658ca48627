#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gyre/keys/verifying_key.h"

namespace gyre {

/// Most columns (all parts of all AIRs) and public values of a key. Far above what can be stacked
/// in practice; it keeps sizes derived from a hostile key small.
inline constexpr std::uint64_t kMaxColumns = std::uint64_t{1} << 24;

/// What makes `key` unsound or unsafe to use, in words that name the AIR, the node or field, what
/// was expected and what came; nothing if it is sound. Spec 08, section 7.2. Keys of keygen pass.
/// The DAG's references are all in range afterwards, so evaluation needs no further checks.
std::optional<std::string> find_key_fault(const VerifyingKey& key);

/// The stacked columns that a preprocessed trace takes: ceil(width * 2^log_slice / 2^H), with
/// log_slice = max(log height, l_skip) <= H. Spec 02, section 5.1.
std::uint64_t stacking_width(const SystemParams& params, std::uint64_t width, unsigned log_slice);

}  // namespace gyre

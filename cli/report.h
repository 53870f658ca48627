#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "gyre/hash/scheme.h"
#include "gyre/proof/codec.h"
#include "gyre/protocol/params.h"
#include "gyre/support/telemetry.h"

namespace gyre::cli {

using Json = nlohmann::ordered_json;

/// One JSON object on stdout, on a line of its own.
void print_json(const Json& result);

/// "1,234,567".
std::string grouped(std::uint64_t number);

Json canonical_json(std::span<const Fp> values);
Json params_json(const SystemParams& params);
/// {"part": bytes, ...} in encoding order.
Json part_sizes_json(std::span<const ProofPartSize> sizes);
/// Table of the same.
std::string part_sizes_table(std::span<const ProofPartSize> sizes);

/// Shows the running span on stderr while it lives, if stderr is a terminal.
class Progress {
 public:
  explicit Progress(Telemetry& telemetry);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  Telemetry& telemetry_;
  bool shown_;
};

}  // namespace gyre::cli

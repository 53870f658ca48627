#pragma once

#include <stdexcept>
#include <string>

namespace gyre {

/// Why a `gyre::Error` was raised; the command line maps it to an exit code.
enum class ErrorKind {
  kMisuse,       ///< wrong shapes, unsorted, absent parts: what was expected and what came
  kInput,        ///< an input file is absent, truncated or malformed
  kUnsatisfied,  ///< the traces do not satisfy the AIRs (unbalanced buses, violated constraint)
  kResource,     ///< memory, disk or device: what was asked for
};

/// Misuse of the API, input files that cannot be used and failures of the environment. Decoders
/// and the verifier, which take hostile bytes, return a `Result` instead.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

/// Shorthand for the common case.
inline Error misuse(const std::string& message) {
  return Error(ErrorKind::kMisuse, message);
}

}  // namespace gyre

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gyre::cuda {

/// NVIDIA's run-time compiler, loaded when first asked for. Thread-safe.
class Nvrtc {
 public:
  /// Null when there is none on this machine.
  static const Nvrtc* find();

  struct Version {
    int major = 0, minor = 0;
  };
  Version version() const { return version_; }

  struct Compiled {
    std::vector<std::uint8_t> cubin;
    std::string log;  ///< of the compiler; registers and spills with "--ptxas-options=-v"
  };
  /// Compiles a generated source with the headers of this library to machine code.
  /// gyre::Error(kResource) with the compiler's words when it refuses.
  Compiled compile(const std::string& source, const std::vector<std::string>& options) const;

 private:
  struct Functions;
  Nvrtc(const Functions& functions, Version version) : functions_(functions), version_(version) {}

  const Functions& functions_;
  Version version_;
};

/// Options for a device of that compute capability.
std::vector<std::string> nvrtc_options(int major, int minor);

/// All that the machine code of a source depends on, as 64 hexadecimal digits.
std::string kernel_key(const std::string& source, const std::vector<std::string>& options,
                       Nvrtc::Version version);

}  // namespace gyre::cuda

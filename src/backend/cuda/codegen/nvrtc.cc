#include "backend/cuda/codegen/nvrtc.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "backend/cuda/codegen/embedded_headers.h"
#include "gyre/support/error.h"
#include "support/sha256.h"

namespace gyre::cuda {

// NVRTC's C interface, as far as it is used; the same in all versions 12 and 13.
struct Nvrtc::Functions {
  using Program = void*;
  int (*version)(int*, int*);
  int (*create)(Program*, const char* source, const char* name, int num_headers,
                const char* const* headers, const char* const* names);
  int (*destroy)(Program*);
  int (*compile)(Program, int num_options, const char* const* options);
  int (*cubin_size)(Program, std::size_t*);
  int (*cubin)(Program, char*);
  int (*log_size)(Program, std::size_t*);
  int (*log)(Program, char*);
  const char* (*error)(int);
};

namespace {

/// What the headers include of the standard library and CUDA; NVRTC itself knows the CUDA builtins.
const std::vector<EmbeddedHeader>& standard_headers() {
  static const std::vector<EmbeddedHeader> headers = {
      {"array", ""},
      {"cuda_runtime.h", ""},
      {"cstddef", "namespace std { using size_t = decltype(sizeof(0)); }\n"},
      {"cstdint",
       "namespace std {\n"
       "using uint8_t = unsigned char;\nusing int32_t = int;\nusing uint16_t = unsigned short;\n"
       "using uint32_t = unsigned;\nusing uint64_t = unsigned long long;\n"
       "}\n"}};
  return headers;
}

void* open_library() {
  std::vector<std::string> folders = {""};
  for (const char* const variable : {"CUDA_HOME", "CUDA_PATH"}) {
    const char* const value = std::getenv(variable);
    if (value != nullptr && value[0] == '/') folders.push_back(std::string(value) + "/lib64/");
  }
  folders.emplace_back("/usr/local/cuda/lib64/");
  for (const std::string& folder : folders) {
    for (const char* const name : {"libnvrtc.so.13", "libnvrtc.so.12"}) {
      void* const library = ::dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library != nullptr) return library;
    }
  }
  return nullptr;
}

template <class Function>
bool resolve(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

/// Ends a program of NVRTC.
template <class Functions>
struct ProgramGuard {
  const Functions& functions;
  typename Functions::Program program = nullptr;
  ~ProgramGuard() {
    if (program != nullptr) functions.destroy(&program);
  }
};

}  // namespace

const Nvrtc* Nvrtc::find() {
  static const std::optional<Nvrtc> found = []() -> std::optional<Nvrtc> {
    static Functions f;
    void* const library = open_library();
    const bool complete = library != nullptr && resolve(library, "nvrtcVersion", f.version) &&
                          resolve(library, "nvrtcCreateProgram", f.create) &&
                          resolve(library, "nvrtcDestroyProgram", f.destroy) &&
                          resolve(library, "nvrtcCompileProgram", f.compile) &&
                          resolve(library, "nvrtcGetCUBINSize", f.cubin_size) &&
                          resolve(library, "nvrtcGetCUBIN", f.cubin) &&
                          resolve(library, "nvrtcGetProgramLogSize", f.log_size) &&
                          resolve(library, "nvrtcGetProgramLog", f.log) &&
                          resolve(library, "nvrtcGetErrorString", f.error);
    Version version;
    if (!complete || f.version(&version.major, &version.minor) != 0) return std::nullopt;
    return Nvrtc(f, version);
  }();
  return found ? &*found : nullptr;
}

Nvrtc::Compiled Nvrtc::compile(const std::string& source,
                               const std::vector<std::string>& options) const {
  const auto require = [&](int status, const char* what) {
    if (status == 0) return;
    throw Error(ErrorKind::kResource, fmt::format("NVRTC: {}: {}", what, functions_.error(status)));
  };
  std::vector<const char*> names, texts, arguments;
  for (const auto* headers : {&standard_headers(), &embedded_headers()}) {
    for (const EmbeddedHeader& header : *headers) {
      names.push_back(header.name.c_str());
      texts.push_back(header.text.c_str());
    }
  }
  for (const std::string& option : options) arguments.push_back(option.c_str());

  ProgramGuard<Functions> guard{functions_};
  require(functions_.create(&guard.program, source.c_str(), "generated.cu",
                            static_cast<int>(names.size()), texts.data(), names.data()),
          "create");
  const int status =
      functions_.compile(guard.program, static_cast<int>(arguments.size()), arguments.data());
  Compiled result;
  std::size_t size = 0;
  require(functions_.log_size(guard.program, &size), "log");
  result.log.resize(size);
  require(functions_.log(guard.program, result.log.data()), "log");
  if (status != 0) {
    throw Error(ErrorKind::kResource,
                fmt::format("NVRTC: {}\n{}", functions_.error(status), result.log));
  }
  require(functions_.cubin_size(guard.program, &size), "machine code");
  result.cubin.resize(size);
  require(functions_.cubin(guard.program, reinterpret_cast<char*>(result.cubin.data())),
          "machine code");
  return result;
}

std::vector<std::string> nvrtc_options(int major, int minor) {
  return {fmt::format("--gpu-architecture=sm_{}{}", major, minor), "--std=c++20",
          "--device-as-default-execution-space", "--ptxas-options=-v"};
}

std::string kernel_key(const std::string& source, const std::vector<std::string>& options,
                       Nvrtc::Version version) {
  // Every part goes with its length, so that no two lists of parts give the same text.
  std::string text;
  const auto add = [&](const std::string& part) {
    text += fmt::format("{}:{}", part.size(), part);
  };
  add("gyre generated kernel");
  add(fmt::format("{}.{}", version.major, version.minor));
  add(fmt::format("{} options", options.size()));
  for (const std::string& option : options) add(option);
  for (const auto* headers : {&standard_headers(), &embedded_headers()}) {
    for (const EmbeddedHeader& header : *headers) {
      add(header.name);
      add(header.text);
    }
  }
  add(source);
  return to_hex(sha256(text));
}

}  // namespace gyre::cuda

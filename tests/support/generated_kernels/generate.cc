#include <cstdio>
#include <fstream>

#include "backend/cuda/codegen/generator.h"
#include "support/generated_kernels/airs.h"

/// The test calls one kernel per AIR and form.
constexpr std::size_t kUncut = std::size_t{1} << 40;

/// Writes the generated kernels of KernelAirs as one C++ source for the emulator.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  using namespace gyre;
  const KernelAirs airs;
  std::ofstream out(argv[1]);
  for (std::size_t i = 0; i < airs.names.size(); ++i) {
    const cuda::GeneratorAir air{&airs.keys[i].symbolic, &airs.expressions[i], &airs.pieces[i]};
    for (const bool base : {true, false}) {
      const std::string name = "generated_" + airs.names[i] + (base ? "_base" : "_extension");
      const std::vector<cuda::GeneratedKernel> kernels = cuda::generate_kernels(
          base ? cuda::KernelForm::kBase : cuda::KernelForm::kExtension, air, kUncut, name.c_str());
      if (kernels.size() != 1) return 1;
      out << kernels[0].source;
    }
  }
  return out.flush() ? 0 : 1;
}

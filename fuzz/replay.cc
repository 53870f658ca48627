#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "fuzz.h"

/// Runs a fuzz target on every file of the folders given: what a fuzzer found once, and the seeds,
/// stay tested with any compiler. Fails when there is no file.
int main(int argc, char** argv) {
  std::size_t num_inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
      if (LLVMFuzzerTestOneInput(data, bytes.size()) != 0) return 1;
      ++num_inputs;
    }
  }
  std::cout << num_inputs << " inputs\n";
  return num_inputs == 0 ? 1 : 0;
}

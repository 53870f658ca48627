#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSeedBytes = 1u << 15;  // larger ones only slow a fuzzer down

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_seed(const fs::path& folder, const std::string& name, const std::string& bytes) {
  if (bytes.empty() || bytes.size() > kMaxSeedBytes) return;
  fs::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

}  // namespace

/// make_seeds <folder of golden cases> <output>: writes a seed corpus for every fuzz target.
int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: make_seeds <folder of golden cases> <output folder>\n";
    return 2;
  }
  const fs::path data = argv[1], output = argv[2];
  for (const auto& entry : fs::directory_iterator(data)) {
    const std::string name = entry.path().filename().string();
    const std::string key = read(entry.path() / "vk.postcard");
    const std::string proof = read(entry.path() / "proof.bin");
    write_seed(output / "key_decode", name, key);
    write_seed(output / "proof_decode", name, proof);
    if (key.empty() || key.size() > 0xffff) continue;
    const std::string size{static_cast<char>(key.size() & 0xff),
                           static_cast<char>(key.size() >> 8)};
    write_seed(output / "verify", name, size + key + proof);
  }
  if (!fs::is_directory(data / "negative")) return 0;
  for (const auto& entry : fs::directory_iterator(data / "negative")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".bin")) write_seed(output / "proof_decode", name, read(entry.path()));
  }
  return 0;
}

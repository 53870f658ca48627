#include "bundle/trace_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "gyre/support/error.h"
#include "gyre/support/files.h"

namespace gyre {
namespace {

constexpr std::size_t kBlockWords = 1u << 16;

std::uint32_t load_word(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

void store_word(std::uint32_t word, std::uint8_t* bytes) {
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (8 * i));
}

}  // namespace

Matrix read_trace_file(const std::filesystem::path& path, const std::string& owner,
                       std::size_t height, std::size_t width) {
  InputFile file(path);
  // Heights are at most 2^27 and widths below 2^32: no overflow.
  const std::uint64_t expected = static_cast<std::uint64_t>(height) * width * 4;
  if (file.size() != expected) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: {}: {} bytes, expected {} ({} rows x {} columns x 4 bytes)",
                            path.string(), owner, file.size(), expected, height, width));
  }
  std::vector<Fp> values(height * width);
  std::vector<std::uint8_t> block(4 * std::min(kBlockWords, values.size()));
  for (std::size_t done = 0; done < values.size();) {
    const std::size_t count = std::min(kBlockWords, values.size() - done);
    file.read(std::span(block).first(4 * count));
    for (std::size_t i = 0; i < count; ++i, ++done) {
      const std::uint32_t word = load_word(&block[4 * i]);
      if (word >= Fp::kModulus) {
        throw Error(
            ErrorKind::kInput,
            fmt::format("{}: {}: row {}, column {}: {} is not a canonical field element, "
                        "which is below {}",
                        path.string(), owner, done % height, done / height, word, Fp::kModulus));
      }
      values[done] = Fp::from_canonical(word);
    }
  }
  return Matrix(std::move(values), height, width);
}

void write_trace_file(const std::filesystem::path& path, MatrixView trace) {
  OutputFile file(path);
  const std::span<const Fp> values = trace.values();
  std::vector<std::uint8_t> block(4 * std::min(kBlockWords, values.size()));
  for (std::size_t done = 0; done < values.size();) {
    const std::size_t count = std::min(kBlockWords, values.size() - done);
    for (std::size_t i = 0; i < count; ++i, ++done) {
      store_word(values[done].canonical(), &block[4 * i]);
    }
    file.write(std::span(block).first(4 * count));
  }
  file.commit();
}

}  // namespace gyre

#pragma once

#include <filesystem>
#include <string>

#include "gyre/matrix.h"

namespace gyre {

/// Reads height * width canonical column-major u32 words. The file's size is compared before
/// anything is allocated. gyre::Error(kInput) that names the file, `owner` ("AIR 3 (Fibonacci)"),
/// and the size or the element that is wrong.
Matrix read_trace_file(const std::filesystem::path& file, const std::string& owner,
                       std::size_t height, std::size_t width);

/// The inverse.
void write_trace_file(const std::filesystem::path& file, MatrixView trace);

}  // namespace gyre

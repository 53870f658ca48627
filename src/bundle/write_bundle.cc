#include <fmt/format.h>

#include <bit>
#include <nlohmann/json.hpp>
#include <system_error>

#include "bundle/trace_file.h"
#include "gyre/bundle/bundle.h"
#include "gyre/support/error.h"
#include "gyre/support/files.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json canonical(std::span<const Fp> values) {
  Json list = Json::array();
  for (const Fp value : values) list.push_back(value.canonical());
  return list;
}

void require_shape(std::size_t air, const char* part, MatrixView trace, std::size_t height,
                   std::size_t width) {
  if (trace.height() != height || trace.width() != width) {
    throw misuse(fmt::format("AIR {}: the {} part is {} x {}, expected {} x {}", air, part,
                             trace.height(), trace.width(), height, width));
  }
}

/// Writes the trace files of one AIR and describes them.
Json write_air(const fs::path& folder, std::size_t index, const Bundle& bundle) {
  const AirVerifyingKey& key = bundle.proving_key.vk.per_air[index];
  const AirProvingKey& proving_key = bundle.proving_key.per_air[index];
  const Bundle::AirData& air = bundle.airs[index];
  Json files = Json::object();
  Json entry = {{"name", proving_key.name},
                {"required", key.is_required},
                {"present", air.present},
                {"log_height", nullptr}};
  entry["width"] = {{"preprocessed", nullptr},
                    {"cached", key.width.cached_mains},
                    {"common", key.width.common_main}};

  if (key.width.preprocessed) {
    if (!proving_key.preprocessed_trace) {
      throw misuse(fmt::format("AIR {}: the preprocessed trace is missing", index));
    }
    entry["width"]["preprocessed"] = *key.width.preprocessed;
    const std::string name = fmt::format("air{}_prep.u32", index);
    write_trace_file(folder / name, *proving_key.preprocessed_trace);
    files["preprocessed"] = name;
  }
  if (air.present) {
    const MatrixView shape = key.width.common_main == 0 && !air.cached_mains.empty()
                                 ? air.cached_mains.front().view()
                                 : air.common_main.view();
    if (!std::has_single_bit(shape.height())) {
      throw misuse(fmt::format("AIR {}: {} rows are not a power of two", index, shape.height()));
    }
    if (air.cached_mains.size() != key.num_cached_mains()) {
      throw misuse(fmt::format("AIR {}: {} cached parts, expected {}", index,
                               air.cached_mains.size(), key.num_cached_mains()));
    }
    entry["log_height"] = shape.log_height();
    files["cached"] = Json::array();
    for (std::size_t j = 0; j < air.cached_mains.size(); ++j) {
      require_shape(index, "cached", air.cached_mains[j], shape.height(),
                    key.width.cached_mains[j]);
      const std::string name = fmt::format("air{}_cached{}.u32", index, j);
      write_trace_file(folder / name, air.cached_mains[j]);
      files["cached"].push_back(name);
    }
    if (key.width.common_main != 0) {
      require_shape(index, "common", air.common_main, shape.height(), key.width.common_main);
      const std::string name = fmt::format("air{}_common.u32", index);
      write_trace_file(folder / name, air.common_main);
      files["common"] = name;
    }
  }
  entry["num_public_values"] = key.num_public_values;
  entry["public_values"] = canonical(air.public_values);
  entry["files"] = std::move(files);
  return entry;
}

fs::path without_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

void write_files(const fs::path& folder, const Bundle& bundle) {
  const VerifyingKey& key = bundle.proving_key.vk;
  Json description = {{"name", bundle.name}, {"vk_pre_hash", canonical(key.pre_hash)}};
  description["airs"] = Json::array();
  for (std::size_t i = 0; i < bundle.airs.size(); ++i) {
    description["airs"].push_back(write_air(folder, i, bundle));
  }
  OutputFile key_file(folder / "vk.postcard");
  key_file.write(encode_verifying_key(key));
  key_file.commit();
  OutputFile case_file(folder / "case.json");
  case_file.write(description.dump(1) + "\n");
  case_file.commit();
}

}  // namespace

void check_bundle_target(const fs::path& folder) {
  const fs::path target = without_slash(folder);
  check_creatable(target);
  if (fs::exists(fs::symlink_status(target))) {
    throw Error(ErrorKind::kInput, target.string() + ": exists already");
  }
}

void write_bundle(const fs::path& folder, const Bundle& bundle) {
  if (bundle.airs.size() != bundle.proving_key.vk.per_air.size() ||
      bundle.airs.size() != bundle.proving_key.per_air.size()) {
    throw misuse(fmt::format("the bundle has traces for {} AIRs, its key has {}",
                             bundle.airs.size(), bundle.proving_key.vk.per_air.size()));
  }
  check_bundle_target(folder);
  const fs::path target = without_slash(folder);
  const fs::path temporary = temporary_name(target);
  std::error_code failure;
  if (!fs::create_directory(temporary, failure)) {
    const std::string reason = failure ? failure.message() : "the temporary folder exists";
    throw Error(ErrorKind::kInput, fmt::format("{}: cannot create: {}", target.string(), reason));
  }
  try {
    write_files(temporary, bundle);
    fs::rename(temporary, target, failure);
    if (failure) {
      throw Error(ErrorKind::kResource, fmt::format("{}: cannot rename into place: {}",
                                                    target.string(), failure.message()));
    }
  } catch (...) {
    fs::remove_all(temporary, failure);
    throw;
  }
}

}  // namespace gyre

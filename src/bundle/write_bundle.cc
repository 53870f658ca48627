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

/// Refuses a part that is not height x width, then writes it and gives the file's name.
std::string write_part(const fs::path& folder, std::size_t air, const std::string& part,
                       MatrixView trace, std::size_t height, std::size_t width) {
  if (trace.height() != height || trace.width() != width) {
    throw misuse(fmt::format("AIR {}: the {} part is {} x {}, expected {} x {}", air, part,
                             trace.height(), trace.width(), height, width));
  }
  const std::string name = fmt::format("air{}_{}.u32", air, part);
  write_trace_file(folder / name, trace);
  return name;
}

/// The height that all main parts of an AIR share.
std::size_t main_height(std::size_t index, const AirVerifyingKey& key, const Bundle::AirData& air) {
  if (air.cached_mains.size() != key.num_cached_mains()) {
    throw misuse(fmt::format("AIR {}: {} cached parts, expected {}", index, air.cached_mains.size(),
                             key.num_cached_mains()));
  }
  const std::size_t height = key.width.common_main == 0 && !air.cached_mains.empty()
                                 ? air.cached_mains.front().height()
                                 : air.common_main.height();
  if (!std::has_single_bit(height)) {
    throw misuse(fmt::format("AIR {}: {} rows are not a power of two", index, height));
  }
  return height;
}

/// Writes the trace files of one AIR and describes them.
Json write_air(const fs::path& folder, std::size_t index, const Bundle& bundle) {
  const AirVerifyingKey& key = bundle.proving_key.vk.per_air[index];
  const AirProvingKey& proving_key = bundle.proving_key.per_air[index];
  const Bundle::AirData& air = bundle.airs[index];
  Json log_height, preprocessed_width, files = Json::object();

  if (key.width.preprocessed) {
    if (!proving_key.preprocessed_trace) {
      throw misuse(fmt::format("AIR {}: the preprocessed trace is missing", index));
    }
    const MatrixView trace = *proving_key.preprocessed_trace;
    preprocessed_width = *key.width.preprocessed;
    files["preprocessed"] =
        write_part(folder, index, "prep", trace, trace.height(), *key.width.preprocessed);
  }
  if (air.present) {
    const std::size_t height = main_height(index, key, air);
    log_height = std::countr_zero(height);
    files["cached"] = Json::array();
    for (std::size_t j = 0; j < air.cached_mains.size(); ++j) {
      files["cached"].push_back(write_part(folder, index, fmt::format("cached{}", j),
                                           air.cached_mains[j], height, key.width.cached_mains[j]));
    }
    if (key.width.common_main != 0) {
      files["common"] =
          write_part(folder, index, "common", air.common_main, height, key.width.common_main);
    }
  }
  return {{"name", proving_key.name},
          {"required", key.is_required},
          {"present", air.present},
          {"log_height", std::move(log_height)},
          {"width",
           {{"preprocessed", std::move(preprocessed_width)},
            {"cached", key.width.cached_mains},
            {"common", key.width.common_main}}},
          {"num_public_values", key.num_public_values},
          {"public_values", canonical(air.public_values)},
          {"files", std::move(files)}};
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

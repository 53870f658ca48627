#include <fmt/format.h>

#include "bundle/json_reader.h"
#include "bundle/key_checks.h"
#include "bundle/trace_file.h"
#include "gyre/bundle/bundle.h"
#include "gyre/support/error.h"
#include "gyre/support/files.h"

namespace gyre {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxKeyBytes = 256u << 20;

VerifyingKey read_key(const fs::path& file) {
  const auto bytes = read_file(file, kMaxKeyBytes);
  auto key = decode_verifying_key(bytes);
  if (!key) {
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", file.string(), key.error().message()));
  }
  return std::move(*key);
}

/// One entry of `airs` with the key it belongs to.
class AirReader {
 public:
  AirReader(const fs::path& folder, const JsonReader& entry, std::size_t index,
            const VerifyingKey& key)
      : folder_(folder), entry_(entry), key_(key.per_air[index]), params_(key.params) {
    const auto name = entry_.find("name");
    name_ = name ? name->text() : "";
    owner_ = fmt::format("AIR {}", index);
    if (!name_.empty()) owner_ += fmt::format(" ({})", name_);
    check_air(entry_, key_);
  }

  const std::string& name() const { return name_; }

  std::optional<Matrix> read_preprocessed() const {
    if (!key_.preprocessed) return std::nullopt;
    const auto l_skip = static_cast<std::int64_t>(params_.l_skip);
    const std::int64_t dimension = key_.preprocessed->hypercube_dim;
    if (dimension < -l_skip || dimension > static_cast<std::int64_t>(params_.n_stack)) {
      throw Error(ErrorKind::kInput,
                  fmt::format("{}: {}: hypercube_dim {} of the preprocessed trace is outside of "
                              "[-l_skip, n_stack] = [{}, {}]",
                              (folder_ / "vk.postcard").string(), owner_, dimension, -l_skip,
                              params_.n_stack));
    }
    const auto log_height = static_cast<std::uint64_t>(l_skip + dimension);
    if (const auto given = entry_.find("preprocessed_log_height")) {
      given->require_equal(log_height);
    }
    return read_trace_file(file_of(entry_.at("files").at("preprocessed")), owner_,
                           std::size_t{1} << log_height, key_.width.preprocessed.value_or(0));
  }

  Bundle::AirData read_traces() const {
    Bundle::AirData air;
    air.present = entry_.at("present").boolean();
    if (!air.present) {
      check_absent();
      return air;
    }
    const std::size_t height = std::size_t{1} << log_height();
    const JsonReader files = entry_.at("files");
    if (!key_.width.cached_mains.empty()) {
      const JsonReader cached = files.at("cached");
      if (cached.size() != key_.num_cached_mains()) {
        cached.fail(fmt::format("{}: {} files, but the key has {} cached parts", owner_,
                                cached.size(), key_.num_cached_mains()));
      }
      for (std::size_t j = 0; j < cached.size(); ++j) {
        air.cached_mains.push_back(read_trace_file(file_of(cached.element(j)), owner_, height,
                                                   key_.width.cached_mains[j]));
      }
    }
    air.common_main =
        key_.width.common_main == 0
            ? Matrix(height, 0)
            : read_trace_file(file_of(files.at("common")), owner_, height, key_.width.common_main);
    air.public_values = read_public_values();
    return air;
  }

 private:
  void check_absent() const {
    if (key_.is_required) {
      entry_.at("present").fail(owner_ + ": the key requires this AIR in every proof");
    }
    if (const auto height = entry_.find("log_height"); height && !height->is_null()) {
      height->fail(owner_ + ": is given for an absent AIR");
    }
    if (const auto values = entry_.find("public_values"); values && values->size() != 0) {
      values->fail(owner_ + ": are given for an absent AIR");
    }
  }

  std::uint64_t log_height() const {
    const JsonReader field = entry_.at("log_height");
    const std::uint64_t log_height = field.integer(UINT64_MAX);
    if (log_height > params_.log_stacked_height()) {
      field.fail(fmt::format("{}: {} is above the limit {} (l_skip + n_stack)", owner_, log_height,
                             params_.log_stacked_height()));
    }
    return log_height;
  }

  std::vector<Fp> read_public_values() const {
    if (key_.num_public_values == 0 && !entry_.find("public_values")) return {};
    const JsonReader list = entry_.at("public_values");
    if (list.size() != key_.num_public_values) {
      list.fail(fmt::format("{}: {} values, but the key has {}", owner_, list.size(),
                            key_.num_public_values));
    }
    std::vector<Fp> values;
    for (std::size_t i = 0; i < list.size(); ++i) {
      values.push_back(Fp::from_canonical(
          static_cast<std::uint32_t>(list.element(i).integer(Fp::kModulus - 1))));
    }
    return values;
  }

  /// A file of the folder itself: a bundle cannot name files elsewhere.
  fs::path file_of(const JsonReader& field) const {
    const std::string text = field.text();
    const fs::path name = text;
    if (text.find('\0') != std::string::npos || name.filename() != name || name == "." ||
        name == ".." || name.empty()) {
      field.fail(
          fmt::format("{}: \"{}\" is not the name of a file in the bundle's folder", owner_, text));
    }
    return folder_ / name;
  }

  fs::path folder_;
  JsonReader entry_;
  const AirVerifyingKey& key_;
  const SystemParams& params_;
  std::string name_, owner_;
};

}  // namespace

Bundle read_bundle(const fs::path& folder) {
  const fs::path case_file = folder / "case.json";
  const nlohmann::json document = parse_json_file(case_file);
  const JsonReader description(document, case_file);

  Bundle bundle;
  if (const auto name = description.find("name")) bundle.name = name->text();
  VerifyingKey& key = bundle.proving_key.vk;
  key = read_key(folder / "vk.postcard");
  check_system(description, key);

  const JsonReader airs = description.at("airs");
  if (airs.size() != key.per_air.size()) {
    airs.fail(fmt::format("has {} entries, but vk.postcard has {} AIRs", airs.size(),
                          key.per_air.size()));
  }
  bool any_present = false;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    const AirReader reader(folder, airs.element(i), i, key);
    bundle.proving_key.per_air.push_back({reader.name(), reader.read_preprocessed()});
    bundle.airs.push_back(reader.read_traces());
    any_present |= bundle.airs.back().present;
  }
  if (!any_present) airs.fail("no AIR is present: there is nothing to prove");
  return bundle;
}

std::vector<AirTraces> Bundle::traces() const {
  std::vector<AirTraces> result;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    if (!airs[i].present) continue;
    AirTraces air;
    air.air_index = i;
    air.cached_mains.assign(airs[i].cached_mains.begin(), airs[i].cached_mains.end());
    air.common_main = airs[i].common_main;
    air.public_values = airs[i].public_values;
    result.push_back(std::move(air));
  }
  return result;
}

}  // namespace gyre

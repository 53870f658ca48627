#include "support/golden_case.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "gyre/airs/fibonacci.h"
#include "gyre/airs/interactions.h"
#include "gyre/airs/keccak.h"
#include "gyre/airs/preprocessed_cached.h"
#include "gyre/airs/program.h"

namespace gyre {

namespace {

using nlohmann::json;

json read_json(const std::string& path) {
  const std::vector<std::uint8_t> bytes = read_test_file(path);
  return json::parse(bytes.begin(), bytes.end());
}

std::uint32_t little_endian_u32(const std::uint8_t* bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

Matrix read_matrix(const std::string& path, std::size_t height, std::size_t width) {
  const std::vector<std::uint8_t> bytes = read_test_file(path);
  if (bytes.size() != 4 * height * width) throw std::runtime_error(path + ": wrong size");
  std::vector<Fp> values(height * width);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = Fp::from_canonical(little_endian_u32(&bytes[4 * i]));
  }
  return Matrix(std::move(values), height, width);
}

TraceWidth width_from_json(const json& value) {
  TraceWidth width;
  if (!value["preprocessed"].is_null()) width.preprocessed = value["preprocessed"];
  width.cached_mains = value["cached"].get<std::vector<std::uint32_t>>();
  width.common_main = value["common"];
  return width;
}

void read_traces(const std::string& directory, GoldenAir& air) {
  const json& files = air.entry["files"];
  const auto path = [&](const json& file) { return directory + "/" + file.get<std::string>(); };
  if (air.width.preprocessed) {
    const unsigned log_height = air.entry["preprocessed_log_height"];
    air.preprocessed = read_matrix(path(files["preprocessed"]), std::size_t{1} << log_height,
                                   *air.width.preprocessed);
  }
  if (!air.present) return;
  const std::size_t height = std::size_t{1} << *air.log_height;
  if (air.width.common_main != 0) {
    air.common_main = read_matrix(path(files["common"]), height, air.width.common_main);
  }
  for (std::size_t j = 0; j < air.width.cached_mains.size(); ++j) {
    air.cached_mains.push_back(
        read_matrix(path(files["cached"][j]), height, air.width.cached_mains[j]));
  }
}

GoldenAir read_air(const std::string& directory, const json& entry, std::size_t index) {
  GoldenAir air;
  air.entry = entry;
  air.name = entry["name"];
  air.definition = entry["definition"];
  air.width = width_from_json(entry["width"]);
  air.num_public_values = entry["num_public_values"];
  air.required = entry["required"];
  air.present = entry["present"];
  if (air.present) {
    air.log_height = entry["log_height"].get<unsigned>();
    for (const json& value : entry["public_values"]) {
      air.public_values.push_back(fp_from_json(value));
    }
  }
  read_traces(directory, air);
  if (air.definition["kind"] == "Program") {
    const std::vector<std::uint8_t> text =
        read_test_file(directory + "/air" + std::to_string(index) + ".prog");
    air.program.assign(text.begin(), text.end());
  }
  return air;
}

std::vector<TranscriptLog::Entry> read_transcript(const std::string& path) {
  constexpr std::size_t kEntryBytes = 5;
  const std::vector<std::uint8_t> bytes = read_test_file(path);
  if (bytes.size() % kEntryBytes != 0) throw std::runtime_error(path + ": wrong size");
  std::vector<TranscriptLog::Entry> entries;
  for (std::size_t i = 0; i < bytes.size(); i += kEntryBytes) {
    entries.push_back({bytes[i] == 1, Fp::from_canonical(little_endian_u32(&bytes[i + 1]))});
  }
  return entries;
}

std::vector<bool> selectors(const GoldenAir& air) {
  std::vector<bool> result;
  for (const Fp value : air.preprocessed->view().column(0)) result.push_back(!value.is_zero());
  return result;
}

std::unique_ptr<Air> build_program(const GoldenAir& air) {
  ProgramAir::Shape shape{.name = air.name,
                          .preprocessed_trace = air.preprocessed,
                          .cached_main_widths = air.width.cached_mains,
                          .common_main_width = air.width.common_main,
                          .num_public_values = air.num_public_values};
  Result<ProgramAir, ProgramError> program = ProgramAir::parse(air.program, std::move(shape));
  if (!program) throw std::runtime_error(program.error().message());
  return std::make_unique<ProgramAir>(std::move(*program));
}

std::unique_ptr<Air> build_air(const GoldenAir& air) {
  const json& definition = air.definition;
  const std::string kind = definition["kind"];
  if (kind == "Fibonacci") return std::make_unique<FibonacciAir>();
  if (kind == "FibonacciSelector") {
    return std::make_unique<FibonacciSelectorAir>(selectors(air),
                                                  definition["interactions"].get<bool>());
  }
  if (kind == "DummyInteraction") {
    return std::make_unique<DummyInteractionAir>(
        definition["field_width"].get<std::uint32_t>(), definition["is_send"].get<bool>(),
        definition["bus"].get<std::uint16_t>(), definition["partitioned"].get<bool>());
  }
  if (kind == "SelfInteraction") {
    return std::make_unique<SelfInteractionAir>(definition["width"].get<std::uint32_t>(),
                                                definition["bus"].get<std::uint16_t>());
  }
  if (kind == "PreprocessedCached") {
    return std::make_unique<PreprocessedCachedAir>(
        selectors(air), definition["num_cached_parts"].get<std::uint32_t>());
  }
  if (kind == "KeccakF") return std::make_unique<KeccakAir>();
  if (kind == "Program") return build_program(air);
  throw std::runtime_error("unknown AIR " + kind);
}

std::vector<std::array<std::uint64_t, 25>> keccak_inputs(const json& value) {
  std::vector<std::array<std::uint64_t, 25>> inputs;
  for (const json& lanes : value) {
    std::array<std::uint64_t, 25>& input = inputs.emplace_back();
    for (std::size_t i = 0; i < input.size(); ++i) {
      input[i] = std::stoull(lanes.at(i).get<std::string>());
    }
  }
  return inputs;
}

}  // namespace

std::string golden_directory() {
  const char* const elsewhere = std::getenv("GYRE_TEST_DATA");
  return elsewhere != nullptr ? elsewhere : GYRE_TEST_DATA;
}

std::vector<std::uint8_t> read_test_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Digest digest_from_json(const json& value) {
  Digest digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = fp_from_json(value.at(i));
  return digest;
}

SystemParams params_from_json(const json& value) {
  SystemParams params;
  params.l_skip = value["l_skip"];
  params.n_stack = value["n_stack"];
  params.w_stack = value["w_stack"];
  params.log_blowup = value["log_blowup"];
  params.whir.k = value["whir_k"];
  params.whir.num_queries = value["whir_num_queries"].get<std::vector<std::uint64_t>>();
  params.whir.mu_pow_bits = value["whir_mu_pow_bits"];
  params.whir.query_phase_pow_bits = value["whir_query_phase_pow_bits"];
  params.whir.folding_pow_bits = value["whir_folding_pow_bits"];
  const json& proximity = value["whir_proximity"];
  if (proximity["kind"] == "SplitUniqueList") {
    params.whir.proximity = {WhirProximity::Kind::kSplitUniqueList, proximity["m"],
                             proximity["list_start_round"]};
  } else if (proximity["kind"] == "ListDecoding") {
    params.whir.proximity = {WhirProximity::Kind::kListDecoding, proximity["m"], 0};
  }
  params.logup.max_interaction_count = value["logup_max_interaction_count"];
  params.logup.log_max_message_length = value["logup_log_max_message_length"];
  params.logup.pow_bits = value["logup_pow_bits"];
  params.max_constraint_degree = value["max_constraint_degree"];
  return params;
}

std::vector<std::string> golden_case_names(bool with_keccak) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_directory())) {
    if (!std::filesystem::exists(entry.path() / "case.json")) continue;
    const std::string name = entry.path().filename().string();
    if (with_keccak || name.rfind("keccak", 0) != 0) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

GoldenCase load_golden_case(const std::string& name) {
  GoldenCase golden;
  golden.name = name;
  golden.directory = golden_directory() + "/" + name;
  golden.json = read_json(golden.directory + "/case.json");
  golden.params = params_from_json(golden.json["params"]);
  golden.vk_bytes = read_test_file(golden.directory + "/vk.postcard");
  golden.vk_pre_hash = digest_from_json(golden.json["vk_pre_hash"]);
  for (const json& constraint : golden.json["trace_height_constraints"]) {
    golden.trace_height_constraints.push_back(
        {constraint["coefficients"].get<std::vector<std::uint32_t>>(), constraint["threshold"]});
  }
  golden.proof_bytes = read_test_file(golden.directory + "/proof.bin");
  golden.transcript = read_transcript(golden.directory + "/transcript.bin");
  const json marks = read_json(golden.directory + "/marks.json");
  for (const json& mark : marks.at("marks")) {
    golden.marks.emplace_back(mark.at(0).get<std::string>(), mark.at(1).get<std::size_t>());
  }
  for (const json& entry : golden.json["pow_witnesses"]) {
    golden.pow_witnesses.push_back(
        {entry["phase"], entry["bits"].get<unsigned>(), fp_from_json(entry["witness"])});
  }
  golden.sizes = golden.json["sizes"];
  if (golden.json.contains("keccak_inputs")) {
    golden.keccak_inputs = keccak_inputs(golden.json["keccak_inputs"]);
  }
  for (const json& entry : golden.json["airs"]) {
    golden.airs.push_back(read_air(golden.directory, entry, golden.airs.size()));
  }
  return golden;
}

std::vector<std::unique_ptr<Air>> GoldenCase::build_airs() const {
  std::vector<std::unique_ptr<Air>> built;
  for (const GoldenAir& air : airs) built.push_back(build_air(air));
  return built;
}

VerifyingKey GoldenCase::verifying_key() const {
  Result<VerifyingKey, KeyDecodeError> key = decode_verifying_key(vk_bytes);
  if (!key) throw std::runtime_error(name + ": " + key.error().message());
  return std::move(*key);
}

ProvingKey GoldenCase::proving_key_from_vk() const {
  ProvingKey key;
  key.vk = verifying_key();
  for (const GoldenAir& air : airs) key.per_air.push_back({air.name, air.preprocessed});
  return key;
}

std::vector<AirTraces> GoldenCase::traces() const {
  std::vector<AirTraces> result;
  for (std::size_t i = 0; i < airs.size(); ++i) {
    if (!airs[i].present) continue;
    AirTraces traces{
        .air_index = i, .common_main = airs[i].common_main, .public_values = airs[i].public_values};
    for (const Matrix& cached : airs[i].cached_mains) traces.cached_mains.push_back(cached);
    result.push_back(std::move(traces));
  }
  return result;
}

nlohmann::json GoldenCase::stages() const {
  const std::string path = directory + "/stages.json";
  return std::filesystem::exists(path) ? read_json(path) : nlohmann::json();
}

}  // namespace gyre

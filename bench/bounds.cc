// Compares measured times with the lower bounds of the machine:
//   bounds CEILINGS.json OUT.json OUT.svg INPUT.json...
// CEILINGS.json comes from bench/ceilings.cc; an input is what a Google Benchmark program or
// `gyre bench keccak` wrote. Prints a table. The model is in cost_model.h.
#include "bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "kernel_work.h"

namespace gyre::bench {
namespace {

using Json = nlohmann::ordered_json;

Json read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return Json::parse(file);
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw std::runtime_error(path + ": cannot be written");
}

/// Of one thread and of all of them.
struct MachineCeilings {
  Ceilings one, all;
  unsigned threads = 1;

  explicit MachineCeilings(const Json& json)
      : one(rates(json, "one_thread")),
        all(rates(json, "all_threads")),
        threads(json.at("all_threads").at("threads")) {}
  const Ceilings& of(unsigned used) const { return used == 1 ? one : all; }

 private:
  static Ceilings rates(const Json& json, const char* threads) {
    const Json& rate = json.at(threads);
    return {.lanes = json.at("lanes"),
            .multiply = rate.at("multiply"),
            .add = rate.at("add"),
            .min = rate.at("min"),
            .shift = rate.at("shift"),
            .shuffle = rate.at("shuffle"),
            .min_shift = rate.at("min_shift"),
            .mixed = rate.at("mixed"),
            .bytes = std::max(rate.at("read").get<double>(), rate.at("copy").get<double>())};
  }
};

double seconds_per(const std::string& unit) {
  if (unit == "ns") return 1e-9;
  if (unit == "us") return 1e-6;
  return unit == "ms" ? 1e-3 : 1;
}

/// The kernels of a Google Benchmark file that have a bound; of repetitions the fastest. On one
/// thread its own time counts, on all of them the time that passed.
void add_kernels(std::vector<Comparison>& out, const Json& file, const MachineCeilings& ceilings) {
  for (const Json& run : file.at("benchmarks")) {
    if (run.value("run_type", "") != "iteration" || run.value("error_occurred", false)) continue;
    const std::string name = run.at("name");
    const auto work = kernel_work(name);
    if (!work) continue;
    const bool all = uses_all_threads(name);
    const double time = run.at(all ? "real_time" : "cpu_time");
    const double seconds = time * seconds_per(run.at("time_unit"));
    const auto same = std::find_if(out.begin(), out.end(), [&](const Comparison& other) {
      return other.group == Comparison::Group::kKernel && other.name == name;
    });
    if (same != out.end()) {
      same->seconds = std::min(same->seconds, seconds);
      continue;
    }
    Comparison& kernel = out.emplace_back();
    kernel.name = name;
    kernel.threads = all ? ceilings.threads : 1;
    kernel.seconds = seconds;
    kernel.bound = bound(*work, ceilings.of(kernel.threads));
  }
}

/// The phases of `gyre bench keccak`: medians.
void add_phases(std::vector<Comparison>& out, const Json& scorecard,
                const MachineCeilings& ceilings) {
  const auto params = presets::by_name(std::string(scorecard.at("preset")));
  if (!params) throw std::runtime_error("scorecard: unknown preset");
  const std::vector<bench::Phase> model =
      ProofWork(*params, keccak_air(scorecard.at("rows"))).phases();
  for (const Json& phase : scorecard.at("phases")) {
    const std::string path = phase.at("path");
    const auto known = std::find_if(model.begin(), model.end(),
                                    [&](const bench::Phase& other) { return other.span == path; });
    if (known == model.end()) continue;
    const std::string name = path.substr(path.rfind('/') + 1);
    Comparison& comparison = out.emplace_back();
    comparison.group = Comparison::Group::kPhase;
    comparison.name = name.substr(name.rfind('.') + 1);
    comparison.depth = static_cast<unsigned>(std::count(path.begin(), path.end(), '/'));
    comparison.threads = scorecard.at("threads");
    comparison.seconds = phase.at("seconds").at("median");
    comparison.bound = bound(known->work, ceilings.of(comparison.threads));
  }
}

void print_table(const std::vector<Comparison>& comparisons) {
  fmt::print("\n{:<40} {:>7} {:>10} {:>10} {:>6}  bound by\n", "kernel or phase", "threads", "time",
             "bound", "ratio");
  for (const Comparison& c : comparisons) {
    fmt::print("{:<40} {:>7} {:>10} {:>10} {:>6.2f}  {}\n",
               std::string(2 * std::size_t{c.depth}, ' ') + c.name, c.threads,
               readable_seconds(c.seconds), readable_seconds(c.bound.seconds()), c.ratio(),
               c.bound.memory > c.bound.arithmetic ? "memory" : "arithmetic");
  }
}

Json to_json(const Comparison& c) {
  return {{"group", c.group == Comparison::Group::kPhase ? "phase" : "kernel"},
          {"name", c.name},
          {"depth", c.depth},
          {"threads", c.threads},
          {"seconds", c.seconds},
          {"bound_seconds", c.bound.seconds()},
          {"arithmetic_seconds", c.bound.arithmetic},
          {"memory_seconds", c.bound.memory},
          {"ratio", c.ratio()}};
}

void compare(std::span<char* const> arguments) {
  const Json ceilings_json = read_json(arguments[0]);
  const MachineCeilings ceilings(ceilings_json);
  const Json& machine = ceilings_json.at("machine");
  Caption caption{.machine = fmt::format("{}, {}, {} threads", std::string(machine.at("cpu")),
                                         std::string(machine.at("simd")), ceilings.threads),
                  .workload = {}};
  std::vector<Comparison> phases, kernels;
  for (const std::string path : arguments.subspan(3)) {
    const Json input = read_json(path);
    if (input.contains("benchmarks")) {
      add_kernels(kernels, input, ceilings);
    } else {
      add_phases(phases, input, ceilings);
      caption.workload = fmt::format("Proof of {} Keccak-f permutations, {}",
                                     input.at("permutations").get<std::uint64_t>(),
                                     std::string(input.at("preset")));
    }
  }
  std::vector<Comparison> comparisons = std::move(phases);
  comparisons.insert(comparisons.end(), kernels.begin(), kernels.end());
  if (comparisons.empty()) return;
  print_table(comparisons);

  Json rows = Json::array();
  for (const Comparison& comparison : comparisons) rows.push_back(to_json(comparison));
  write_text(arguments[1], Json{{"ceilings", ceilings_json}, {"comparisons", rows}}.dump(2) + "\n");
  write_text(arguments[2], bar_chart(comparisons, caption));
}

}  // namespace
}  // namespace gyre::bench

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: bounds CEILINGS.json OUT.json OUT.svg INPUT.json...\n");
    return 2;
  }
  try {
    gyre::bench::compare({argv + 1, static_cast<std::size_t>(argc - 1)});
  } catch (const std::exception& error) {
    fmt::print(stderr, "bounds: {}\n", error.what());
    return 1;
  }
}

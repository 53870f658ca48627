#include <fmt/format.h>

#include <memory>
#include <new>

#include "bench.h"
#include "gyre/support/error.h"
#include "machine.h"
#include "replay_segment.h"
#include "thread_limit.h"

namespace gyre::cli {
namespace {

struct Options : BenchOptions {
  std::string profile, segments = "sample", traces = "both";

  bool zero() const { return traces != "random"; }
  bool random() const { return traces != "zero"; }
};

/// The sum over the segments that were proven, for one kind of traces.
struct Total {
  std::size_t segments = 0;
  double median = 0, min = 0, max = 0;
  std::vector<Phase> phases;

  void add(const ProofMeasurement& measurement) {
    ++segments;
    add_phases(phases, measurement.phases);
    const Series& series = measurement.prove_seconds;
    median += series.median();
    min += series.min();
    max += series.max();
  }
};

/// One scorecard in the making.
class Replay {
 public:
  Replay(const Options& options, const Format& format) : options_(options), format_(format) {
    scorecard_ = bench_head("replay", options);
    scorecard_["profile"] = options.profile;
    scorecard_["selection"] = options.segments;
    scorecard_["segments"] = Json::array();
  }

  /// Proves a segment, or notes why not. The file of --out is complete after each.
  void run(const ReplaySegment& segment) {
    const std::vector<ReplayAir> airs = replay_airs(segment);
    const ReplayShape shape = replay_shape(airs, params_);
    Json entry = {{"segment", segment.index},
                  {"airs", shape.airs},
                  {"columns", shape.columns},
                  {"cells", shape.cells},
                  {"stacked_width", shape.stacked_width},
                  {"interactions", shape.interactions},
                  {"leaves", shape.leaves}};
    if (const auto reason = obstacle(shape)) {
      skip(segment, entry, *reason);
    } else {
      try {
        prove(segment, airs, shape, entry);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kResource) throw;
        skip(segment, entry, error.what());
      } catch (const std::bad_alloc&) {
        skip(segment, entry, "out of memory");
      }
    }
    scorecard_["segments"].push_back(std::move(entry));
    add_totals();
    write_scorecard(options_, scorecard_);
  }

  int finish() const {
    if (format_.json) {
      print_json(scorecard_);
    } else {
      print_totals();
    }
    if (zero_.segments + random_.segments == 0) {
      throw Error(ErrorKind::kResource, "no segment could be proven");
    }
    return kDone;
  }

  void print_head() const {
    if (format_.json) return;
    fmt::print(
        "{}\n{:>7} {:>4} {:>8} {:>6} {:>8} {:>8} {:>8} {:<6} {:>9} {:>9} {:>9} {:>7} {:>7} "
        "{:>8}\n",
        bench_head_text(options_), "segment", "airs", "Mcells", "width", "Mleaves", "keygen s",
        "traces s", "kind", "prove s", "min", "max", "verify", "peak GB", "proof kB");
  }

 private:
  /// Why the parameters do not allow the segment, if so.
  std::optional<std::string> obstacle(const ReplayShape& shape) const {
    if (shape.stacked_width > params_.w_stack) {
      return fmt::format("{} stacked columns, the parameters allow {}", shape.stacked_width,
                         params_.w_stack);
    }
    if (shape.leaves >= params_.logup.max_interaction_count) {
      return fmt::format("{} fractions, the parameters allow {}", shape.leaves,
                         params_.logup.max_interaction_count - 1);
    }
    return std::nullopt;
  }

  /// Notes what the proof will hold and what there is; why that does not do, if so.
  std::optional<std::string> memory_obstacle(const std::vector<ReplayAir>& airs,
                                             const ReplayShape& shape, const Prover& prover,
                                             Json& entry) const {
    ProveOptions options;
    options.memory_limit = options_.plan.memory_limit;
    options.low_memory = options_.plan.low_memory;
    // A plan without phases has the traces alone.
    const MemoryPlan plan = prover.plan(replay_heights(airs), options);
    const bool planned = !plan.phases.empty();
    const std::uint64_t needed = planned ? plan.total() : unplanned_memory_bound(shape, params_);
    const auto device = prover.device();
    std::uint64_t available = device ? device->free_bytes : available_memory();
    if (options.memory_limit != 0) available = std::min(available, options.memory_limit);
    entry["needed_bytes"] = needed;
    entry["needed_is"] = planned ? "planned" : "bound";
    entry["available_bytes"] = available;
    if (needed <= available) return std::nullopt;
    return fmt::format("needs {:.1f} GB of memory, {:.1f} GB are available",
                       static_cast<double>(needed) / 1e9, static_cast<double>(available) / 1e9);
  }

  void skip(const ReplaySegment& segment, Json& entry, const std::string& reason) {
    ++skipped_;
    entry["skipped"] = reason;
    if (!format_.json) fmt::print("{:>7} skipped: {}\n", segment.index, reason);
    std::fflush(stdout);
  }

  void prove(const ReplaySegment& segment, const std::vector<ReplayAir>& airs,
             const ReplayShape& shape, Json& entry) {
    std::optional<Prover> prover;
    const double keygen_seconds = timed(
        [&] { prover.emplace(replay_key(airs, params_), options_.backend, options_.threads); });
    entry["keygen_seconds"] = keygen_seconds;
    if (const auto reason = memory_obstacle(airs, shape, *prover, entry)) {
      skip(segment, entry, *reason);
      return;
    }
    std::optional<ReplayTraces> traces;
    double trace_seconds = timed([&] { traces.emplace(airs); });
    entry["proofs"] = Json::array();
    const auto measure = [&](const char* kind, std::size_t random_airs, Total& total) {
      const ProofMeasurement measurement = measure_proofs(*prover, traces->views(), options_.plan);
      Json proofs = {
          {"traces", kind}, {"random_airs", random_airs}, {"trace_seconds", trace_seconds}};
      add_measurement(proofs, measurement);
      entry["proofs"].push_back(std::move(proofs));
      total.add(measurement);
      print_row(segment, shape, kind, keygen_seconds, trace_seconds, measurement);
      if (!format_.json) fmt::print("{}", upload_line(measurement));
    };
    if (options_.zero()) measure("zero", 0, zero_);
    if (!options_.random()) return;
    std::size_t random_airs = 0;
    trace_seconds = timed([&] { random_airs = traces->randomize(airs); });
    measure("random", random_airs, random_);
  }

  void print_row(const ReplaySegment& segment, const ReplayShape& shape, const char* kind,
                 double keygen_seconds, double trace_seconds,
                 const ProofMeasurement& measurement) const {
    if (format_.json) return;
    const auto millions = [](std::uint64_t number) { return static_cast<double>(number) / 1e6; };
    fmt::print(
        "{:>7} {:>4} {:>8.1f} {:>6} {:>8.1f} {:>8.3f} {:>8.3f} {:<6} {:>9.3f} {:>9.3f} "
        "{:>9.3f} {:>7.3f} {:>7.2f} {:>8.1f}",
        segment.index, shape.airs, millions(shape.cells), shape.stacked_width,
        millions(shape.leaves), keygen_seconds, trace_seconds, kind,
        measurement.prove_seconds.median(), measurement.prove_seconds.min(),
        measurement.prove_seconds.max(), measurement.verify_seconds.median(),
        static_cast<double>(measurement.peak_resident_bytes) / 1e9,
        static_cast<double>(measurement.proof_bytes) / 1e3);
    if (measurement.used_device()) {
      fmt::print("  {:.2f} GB on the device",
                 static_cast<double>(measurement.peak_device_bytes()) / 1e9);
    }
    fmt::print("\n");
    std::fflush(stdout);
  }

  void add_totals() {
    Json totals = Json::object();
    const auto add = [&](const char* kind, const Total& total) {
      totals[kind] = {
          {"segments", total.segments},
          {"prove_seconds", {{"median", total.median}, {"min", total.min}, {"max", total.max}}},
          {"phases", phases_json(total.phases)}};
    };
    if (options_.zero()) add("zero", zero_);
    if (options_.random()) add("random", random_);
    totals["skipped_segments"] = skipped_;
    scorecard_["totals"] = std::move(totals);
  }

  void print_totals() const {
    const auto print = [](const char* kind, const Total& total) {
      fmt::print("sum of prove times, {} traces: {:.3f} s ({:.3f} to {:.3f}) for {} segments\n",
                 kind, total.median, total.min, total.max, total.segments);
      if (total.segments != 0) fmt::print("{}\n", phases_table(total.phases));
    };
    fmt::print("\n");
    if (options_.zero()) print("all-zero", zero_);
    if (options_.random()) print("random", random_);
    if (skipped_ != 0) fmt::print("skipped: {} segments\n", skipped_);
  }

  const Options& options_;
  const Format& format_;
  const SystemParams params_ = replay_params();
  Json scorecard_;
  Total zero_, random_;
  std::size_t skipped_ = 0;
};

int bench_replay(const Options& options, const Format& format) {
  Outputs().expect(options.out);
  const std::vector<ReplaySegment> segments =
      select_segments(read_replay_profile(options.profile), options.segments);
  const ThreadLimit limit(options.threads);
  Replay replay(options, format);
  replay.print_head();
  for (const ReplaySegment& segment : segments) replay.run(segment);
  return replay.finish();
}

}  // namespace

void add_bench_replay(CLI::App& bench, Format& format, Action& action) {
  auto options = std::make_shared<Options>();
  options->plan = {.warmups = 3, .repeat = 3, .verifications = 1};
  CLI::App* command = bench.add_subcommand(
      "replay", "Proofs of synthetic AIRs with the shapes of a captured block; app:22");
  add_path(*command, "--profile", options->profile, "Profile: one segment per line, as JSON")
      ->required();
  command
      ->add_option("--segments", options->segments,
                   "all, sample (21 of the 209 of the reth block) or numbers such as 2,5,34")
      ->capture_default_str();
  command
      ->add_option("--traces", options->traces,
                   "zero; random: all columns but the first, where constraints still hold; both")
      ->check(CLI::IsMember({"zero", "random", "both"}))
      ->capture_default_str();
  add_bench_options(*command, *options, format);
  command->footer(
      "Segments that need more memory than --memory-limit, or than is available, are skipped.\n"
      "Prove times are from traces in memory to the proof. Keygen includes preparing the key for "
      "the backend.\nEach proof is verified once, outside of its time.");
  command->callback(
      [=, &format, &action] { action = [=, &format] { return bench_replay(*options, format); }; });
}

}  // namespace gyre::cli

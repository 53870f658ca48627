#include <fmt/format.h>

#include <memory>

#include "command.h"
#include "report.h"
#include "work.h"

namespace gyre::cli {
namespace {

Json plan_json(const MemoryPlan& plan) {
  Json phases = Json::array();
  for (const MemoryPlan::Phase& phase : plan.phases) {
    phases.push_back({{"name", phase.name}, {"bytes", phase.bytes}});
  }
  return {{"status", "planned"},
          {"traces_bytes", plan.traces},
          {"preprocessed_bytes", plan.preprocessed},
          {"committed_bytes", plan.committed},
          {"phases", std::move(phases)},
          {"arena_bytes", plan.arena()},
          {"total_bytes", plan.total()},
          {"savings", plan.savings}};
}

void print_plan(const MemoryPlan& plan) {
  const auto line = [](std::string_view what, std::uint64_t bytes) {
    fmt::print("{:<40} {:>16} {:>9.1f}\n", what, grouped(bytes),
               static_cast<double>(bytes) / (1 << 20));
  };
  fmt::print("{:<40} {:>16} {:>9}\n", "memory", "bytes", "MiB");
  line("traces", plan.traces);
  line("preprocessed commitments", plan.preprocessed);
  line("commitments, kept to the end", plan.committed);
  for (const MemoryPlan::Phase& phase : plan.phases) {
    line("  " + std::string(phase.name), phase.bytes);
  }
  line("arena: commitments and largest phase", plan.arena());
  line("total", plan.total());
  if (!plan.savings.empty()) fmt::print("saves memory: {}\n", plan.savings);
}

int plan_work(const WorkOptions& options, const Format& format) {
  const LoadedWork work = load_work(options);
  const ProveOptions prove_options = options.prove_options();
  work.prover.check_memory(work.heights, prove_options);
  const MemoryPlan plan = work.prover.plan(work.heights, prove_options);
  if (format.json) {
    print_json(plan_json(plan));
  } else {
    print_plan(plan);
  }
  return kDone;
}

}  // namespace

void add_plan(CLI::App& app, Format& format, Action& action) {
  auto options = std::make_shared<WorkOptions>();
  CLI::App* command =
      app.add_subcommand("plan", "Say how much memory a proof needs, phase by phase");
  add_work_options(*command, *options);
  add_format(*command, format);
  command->callback([=, &format, &action] {
    check_work_options(*command, *options);
    action = [=, &format] { return plan_work(*options, format); };
  });
}

}  // namespace gyre::cli

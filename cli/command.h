#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace gyre::cli {

/// Exit codes of the program; docs/cli.md.
enum ExitCode : int {
  kDone = 0,      ///< done, valid, satisfied
  kInvalid = 1,   ///< invalid proof, or traces that do not satisfy their AIRs
  kBadInput = 2,  ///< bad usage or input
  kFailure = 3,   ///< internal or resource failure
};

/// What the chosen command does after its options are parsed; returns the exit code.
using Action = std::function<int()>;

/// Whether results go to stdout as one JSON object. Every command has the option.
struct Format {
  bool json = false;
};

/// Each adds one command, which sets `action` when it is the chosen one.
void add_prove(CLI::App& app, Format& format, Action& action);
void add_plan(CLI::App& app, Format& format, Action& action);
void add_verify(CLI::App& app, Format& format, Action& action);
void add_keygen(CLI::App& app, Format& format, Action& action);
void add_check(CLI::App& app, Format& format, Action& action);
void add_inspect(CLI::App& app, Format& format, Action& action);
void add_export(CLI::App& app, Format& format, Action& action);
void add_bench(CLI::App& app, Format& format, Action& action);
void add_devices(CLI::App& app, Format& format, Action& action);

/// --backend and --threads, with the values given as defaults.
void add_backend_options(CLI::App& command, std::string& backend, unsigned& threads);

/// --memory-limit, a size such as 4GiB.
CLI::Option* add_memory_limit(CLI::App& command, std::uint64_t& limit);

/// The `--json` option of a command.
void add_format(CLI::App& command, Format& format);
/// An option, or an argument if `name` has no dashes, that names a file or a folder (`type`).
CLI::Option* add_path(CLI::App& command, const std::string& name, std::string& path,
                      const std::string& description, const char* type = "FILE");
/// Accepts the names of parameter sets.
CLI::Validator preset_validator();

}  // namespace gyre::cli

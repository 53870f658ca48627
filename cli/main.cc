#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <new>

#include "command.h"
#include "gyre/prover.h"
#include "gyre/simd/targets.h"
#include "gyre/support/error.h"
#include "report.h"

namespace gyre::cli {

void add_format(CLI::App& command, Format& format) {
  command.add_flag("--json", format.json, "Print the result as JSON on stdout");
}

namespace {

/// What is wrong with a --backend; empty if nothing is. Whether it can be used here shows later.
std::string backend_problem(const std::string& backend) {
  try {
    check_backend_name(backend);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

void add_backend_options(CLI::App& command, std::string& backend, unsigned& threads) {
  command
      .add_option("--backend", backend,
                  "cpu; cuda or cuda:1: an NVIDIA GPU; reference: plain and slow")
      ->check(CLI::Validator(backend_problem, "NAME"))
      ->capture_default_str();
  command.add_option("--threads", threads, "Upper bound on threads; 0: every core")
      ->check(CLI::Range(0u, 4096u))
      ->capture_default_str();
}

CLI::Option* add_memory_limit(CLI::App& command, std::uint64_t& limit) {
  return command
      .add_option("--memory-limit", limit,
                  "What the proof may take, such as 4GiB: on a GPU it saves memory at the cost of "
                  "time as far as it must; refused if it needs more. 0: the whole memory")
      ->transform(CLI::AsSizeValue(true))
      ->type_name("SIZE")
      ->capture_default_str();
}

CLI::Option* add_path(CLI::App& command, const std::string& name, std::string& path,
                      const std::string& description, const char* type) {
  // An empty name, as an unset shell variable gives it, would look like an option that is not
  // given.
  const auto not_empty = [](const std::string& text) {
    return text.empty() ? std::string("an empty name") : std::string();
  };
  return command.add_option(name, path, description)
      ->check(CLI::Validator(not_empty, ""))
      ->type_name(type);
}

namespace {

std::string version() {
  const std::string obstacle = backend_obstacle("cuda");
  return fmt::format("gyre {}, SIMD target {}\n{}", GYRE_VERSION, simd::target(),
                     obstacle.empty() ? "cuda: ready" : obstacle);
}

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kMisuse:
    case ErrorKind::kInput:
      return kBadInput;
    case ErrorKind::kUnsatisfied:
      return kInvalid;
    case ErrorKind::kResource:
      return kFailure;
  }
  return kFailure;
}

int fail(const Format& format, int code, const std::string& message) {
  fmt::print(stderr, "gyre: {}\n", message);
  if (format.json) print_json({{"status", "error"}, {"exit_code", code}, {"error", message}});
  return code;
}

int run(const Format& format, const Action& action) {
  try {
    if (const std::string problem = simd::environment_problem(); !problem.empty()) {
      throw misuse(problem);
    }
    return action();
  } catch (const Error& error) {
    return fail(format, exit_code(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return fail(format, kFailure, "out of memory");
  } catch (const std::exception& error) {
    return fail(format, kFailure, std::string("internal error: ") + error.what());
  }
}

int main(int argc, char** argv) {
  CLI::App app("Gyre: proves and verifies SWIRL STARKs, the proof system of OpenVM 2.", "gyre");
  app.footer(
      "Exit codes: 0 done or valid, 1 invalid proof or unsatisfied trace, 2 bad usage or input,\n"
      "3 internal or resource failure.");
  app.set_version_flag("--version", std::function(version), "Print the version and exit");
  app.require_subcommand(0, 1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return fmt::format("gyre: {}\nRun gyre --help or gyre COMMAND --help.\n", error.what());
  });

  Format format;
  Action action;
  add_prove(app, format, action);
  add_plan(app, format, action);
  add_verify(app, format, action);
  add_keygen(app, format, action);
  add_check(app, format, action);
  add_inspect(app, format, action);
  add_export(app, format, action);
  add_bench(app, format, action);
  add_devices(app, format, action);

  try {
    app.parse(argc, argv);
    // Only now, so that a misspelt command is what the message is about.
    if (!action) throw CLI::RequiredError("A command");
  } catch (const CLI::ParseError& error) {
    // --help and --version end the parse with a success.
    return app.exit(error) == 0 ? kDone : kBadInput;
  }

  const int code = run(format, action);
  if (std::fflush(stdout) != 0) {
    fmt::print(stderr, "gyre: cannot write to stdout: {}\n", std::strerror(errno));
    return code == kDone ? kFailure : code;
  }
  return code;
}

}  // namespace
}  // namespace gyre::cli

int main(int argc, char** argv) {
  return gyre::cli::main(argc, argv);
}

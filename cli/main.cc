#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
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

void add_backend_options(CLI::App& command, std::string& backend, unsigned& threads) {
  const auto names = backend_names();
  command.add_option("--backend", backend, "cpu, or reference: plain and slow")
      ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())))
      ->capture_default_str();
  command.add_option("--threads", threads, "Upper bound on threads; 0: every core")
      ->check(CLI::Range(0u, 4096u))
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
  app.set_version_flag("--version",
                       fmt::format("gyre {}, SIMD target {}", GYRE_VERSION, simd::target()),
                       "Print the version and exit");
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

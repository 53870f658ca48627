# The command, run as a program.
if(TARGET gyre_cli)
  find_package(nlohmann_json REQUIRED)
  find_package(fmt REQUIRED)
  gyre_test(cli_test
    SOURCES cli/bench_test.cc cli/command.cc cli/devices_test.cc cli/plan_test.cc cli/prove_test.cc cli/usage_test.cc cli/verify_test.cc
    DEFINITIONS GYRE_COMMAND="$<TARGET_FILE:gyre_cli>"
      GYRE_EMULATED_PLUGIN="${emulated_plugin}"
    LIBRARIES nlohmann_json::nlohmann_json)
  add_dependencies(cli_test gyre_cli ${emulated_plugin_target})
  # How it measures.
  gyre_test(measure_test
    SOURCES ${PROJECT_SOURCE_DIR}/cli/measure_test.cc ${PROJECT_SOURCE_DIR}/cli/measure.cc
            ${PROJECT_SOURCE_DIR}/cli/machine.cc
    LIBRARIES gyre_prover nlohmann_json::nlohmann_json fmt::fmt)
  target_include_directories(measure_test PRIVATE ${PROJECT_SOURCE_DIR}/cli)
  # Its parts that read and build.
  gyre_test(replay_test
    SOURCES ${PROJECT_SOURCE_DIR}/cli/replay_profile_test.cc
            ${PROJECT_SOURCE_DIR}/cli/replay_profile.cc ${PROJECT_SOURCE_DIR}/cli/replay_segment.cc
    LIBRARIES gyre_airs gyre_bundle nlohmann_json::nlohmann_json fmt::fmt)
  target_include_directories(replay_test PRIVATE ${PROJECT_SOURCE_DIR}/cli)
endif()

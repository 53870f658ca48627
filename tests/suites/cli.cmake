# The command, run as a program.
if(TARGET gyre_cli)
  find_package(nlohmann_json REQUIRED)
  gyre_test(cli_test
    SOURCES cli/command.cc cli/prove_test.cc cli/usage_test.cc cli/verify_test.cc
    LIBRARIES nlohmann_json::nlohmann_json)
  target_compile_definitions(cli_test PRIVATE GYRE_COMMAND="$<TARGET_FILE:gyre_cli>")
  add_dependencies(cli_test gyre_cli)
endif()

if(GYRE_BUILD_PROVER)
  gyre_test(airs_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/airs/trace_test.cc
            ${PROJECT_SOURCE_DIR}/src/airs/keccak_test.cc
            ${PROJECT_SOURCE_DIR}/src/airs/program_test.cc
            ${PROJECT_SOURCE_DIR}/src/airs/replay_test.cc
    LIBRARIES gyre_test_support gyre_airs gyre_prover nlohmann_json::nlohmann_json)
endif()

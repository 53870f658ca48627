if(GYRE_BUILD_PROVER)
  gyre_test(air_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/air/expression_test.cc
            ${PROJECT_SOURCE_DIR}/src/air/builder_test.cc
            ${PROJECT_SOURCE_DIR}/src/air/dag_builder_test.cc
            ${PROJECT_SOURCE_DIR}/src/checker/checker_test.cc
    LIBRARIES gyre_test_support gyre_airs gyre_prover nlohmann_json::nlohmann_json)
endif()

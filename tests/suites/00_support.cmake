# Reading of golden cases, for tests that need AIRs, keys or traces.
if(GYRE_BUILD_PROVER)
  find_package(nlohmann_json REQUIRED)
  add_library(gyre_test_support STATIC ${PROJECT_SOURCE_DIR}/tests/support/golden_case.cc)
  target_include_directories(gyre_test_support PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(gyre_test_support
    PRIVATE GYRE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  target_link_libraries(gyre_test_support
    PUBLIC gyre_airs gyre_prover nlohmann_json::nlohmann_json PRIVATE gyre_options)
endif()

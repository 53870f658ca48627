if(GYRE_BUILD_PROVER)
  find_package(nlohmann_json REQUIRED)
  gyre_test(bundle_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/bundle/bundle_test.cc
            ${PROJECT_SOURCE_DIR}/src/bundle/mutation_test.cc
            ${PROJECT_SOURCE_DIR}/tests/support/memory_use.cc
    LIBRARIES gyre_bundle nlohmann_json::nlohmann_json)
endif()

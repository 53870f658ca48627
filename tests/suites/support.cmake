if(GYRE_BUILD_PROVER)
  find_package(nlohmann_json REQUIRED)
  gyre_test(support_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/support/telemetry_test.cc
            ${PROJECT_SOURCE_DIR}/src/support/telemetry_device_test.cc
            ${PROJECT_SOURCE_DIR}/src/support/files_test.cc
            ${PROJECT_SOURCE_DIR}/src/support/arena_test.cc ${PROJECT_SOURCE_DIR}/src/support/parallel_test.cc
    LIBRARIES gyre_prover TBB::tbb nlohmann_json::nlohmann_json)
endif()

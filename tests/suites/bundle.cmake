if(GYRE_BUILD_PROVER)
  find_package(nlohmann_json REQUIRED)
  gyre_test(bundle_test SOURCES ${PROJECT_SOURCE_DIR}/src/bundle/bundle_test.cc
    LIBRARIES gyre_bundle nlohmann_json::nlohmann_json)
endif()

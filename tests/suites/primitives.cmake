# Below the AIRs: field, hash, transcript, poly, stacking.
if(GYRE_BUILD_PROVER)
  find_package(nlohmann_json REQUIRED)
  find_package(TBB REQUIRED)
  gyre_test(primitives_test
    SOURCES ${PROJECT_SOURCE_DIR}/src/field/field_test.cc ${PROJECT_SOURCE_DIR}/src/simd/fp_test.cc
      ${PROJECT_SOURCE_DIR}/src/hash/hash_test.cc ${PROJECT_SOURCE_DIR}/src/poly/ntt_test.cc
      ${PROJECT_SOURCE_DIR}/src/poly/kernels_test.cc
      ${PROJECT_SOURCE_DIR}/src/stacking/stacking_test.cc
      ${PROJECT_SOURCE_DIR}/src/stacking/oracle_test.cc
    LIBRARIES gyre_prover TBB::tbb hwy::hwy nlohmann_json::nlohmann_json)
endif()

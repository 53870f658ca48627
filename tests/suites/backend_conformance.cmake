# The same proof from every backend, over random systems of AIRs.
if(GYRE_BUILD_PROVER)
  add_library(gyre_random_system STATIC ${PROJECT_SOURCE_DIR}/tests/support/random_system.cc)
  target_include_directories(gyre_random_system PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(gyre_random_system PUBLIC gyre_airs gyre_prover PRIVATE fmt::fmt gyre_options)
  gyre_test(backend_conformance_test
    SOURCES ${PROJECT_SOURCE_DIR}/tests/backend_conformance/random_systems_test.cc
    LIBRARIES gyre_random_system gyre_airs gyre_prover)
endif()

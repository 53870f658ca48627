# What the benchmarks' times are compared with.
if(GYRE_BUILD_PROVER)
  gyre_test(bench_test
    SOURCES ${PROJECT_SOURCE_DIR}/bench/cost_model_test.cc ${PROJECT_SOURCE_DIR}/bench/cost_model.cc
            ${PROJECT_SOURCE_DIR}/bench/kernel_work.cc
    LIBRARIES gyre_airs gyre_prover)
  target_include_directories(bench_test PRIVATE ${PROJECT_SOURCE_DIR}/bench)
endif()

# The CUDA backend is built where there is an nvcc of 12.8 or newer; GYRE_CUDA says otherwise.
set(GYRE_CUDA "AUTO" CACHE STRING "The CUDA backend: AUTO (where nvcc is found), ON or OFF")
set(GYRE_CUDA_ARCHITECTURES "80-real;90-real;120" CACHE STRING
  "Architectures of the CUDA backend; one without -real adds PTX for later ones")

option(GYRE_CUDA_EMULATOR "For the tests: the CUDA backend's kernels as C++ on an emulator" ON)

set(GYRE_CUDA_FOUND OFF)
if(GYRE_BUILD_PROVER AND NOT GYRE_CUDA STREQUAL "OFF" AND GYRE_SANITIZE STREQUAL ""
    AND NOT CMAKE_CROSSCOMPILING)
  find_program(GYRE_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(GYRE_NVCC)
    execute_process(COMMAND ${GYRE_NVCC} --version OUTPUT_VARIABLE nvcc_version)
    string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" ignored "${nvcc_version}")
    if(CMAKE_MATCH_1 VERSION_GREATER_EQUAL 12.8)
      set(CMAKE_CUDA_COMPILER ${GYRE_NVCC} CACHE FILEPATH "" FORCE)
      # Set per target; this keeps CMake from choosing.
      set(CMAKE_CUDA_ARCHITECTURES OFF)
      enable_language(CUDA)
      set(GYRE_CUDA_FOUND ON)
    endif()
  endif()
  if(GYRE_CUDA STREQUAL "ON" AND NOT GYRE_CUDA_FOUND)
    message(FATAL_ERROR "GYRE_CUDA is ON and no nvcc of 12.8 or newer was found")
  endif()
endif()
message(STATUS "Gyre: CUDA backend: ${GYRE_CUDA_FOUND}")

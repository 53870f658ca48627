# Warning and sanitizer flags, applied to every target of the project through gyre_options.
add_library(gyre_options INTERFACE)
target_compile_options(gyre_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
# GCC 12 warns falsely about std::string concatenation (its bug 105651).
target_compile_options(gyre_options INTERFACE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
if(GYRE_WERROR)
  target_compile_options(gyre_options INTERFACE -Werror)
endif()
# Reports need the lines, not the variables; both flags halve what an instrumented build takes.
if(NOT GYRE_SANITIZE STREQUAL "")
  add_compile_options(-O1 -g1)
endif()
if(GYRE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(GYRE_SANITIZED)
elseif(GYRE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
  add_compile_definitions(GYRE_SANITIZED)
elseif(NOT GYRE_SANITIZE STREQUAL "")
  message(FATAL_ERROR "GYRE_SANITIZE must be empty, 'address' or 'thread', not '${GYRE_SANITIZE}'")
endif()
if(GYRE_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "GYRE_BUILD_FUZZERS needs clang, not ${CMAKE_CXX_COMPILER_ID}")
  endif()
  # Coverage of everything, so that the fuzzers find their way through the libraries.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
# Highway's NEON includes the AES instructions; without them GCC's default would not fit its
# functions into ours.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  target_compile_options(gyre_options INTERFACE -march=armv8-a+crypto)
endif()

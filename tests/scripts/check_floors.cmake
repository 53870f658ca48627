# Fails where a file of a room includes one of a room above it. A file outside of the rooms stands
# on the floor that is named for it. Needs SOURCE, the repository.
# The transcript stands above the backends, which must not see it.
set(floors support field simd matrix.h hash protocol/params.h poly stacking air keys proof traces.h column_major.h column_major.cc
  checker backend transcript protocol prover_checks.h prover_checks.cc prover_workload.h prover_workload.cc prover.h prover.cc verifier.h verifier.cc airs bundle)

# The floor of a path relative to include/gyre or src: the entry of `floors` with the longest match.
function(floor_of path variable)
  set(best -1)
  foreach(floor IN LISTS floors)
    string(FIND "${path}/" "${floor}/" position)
    if(position EQUAL 0 AND (best EQUAL -1 OR NOT floor STREQUAL "protocol"))
      list(FIND floors "${floor}" best)
    endif()
  endforeach()
  if(best EQUAL -1)
    message(SEND_ERROR "${path}: on no floor; give it one in ${CMAKE_SCRIPT_MODE_FILE}")
  endif()
  set(${variable} ${best} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/include/gyre/*.h ${SOURCE}/src/*.h ${SOURCE}/src/*.cc)
list(FILTER files EXCLUDE REGEX "_test\\.cc$")
list(LENGTH files count)
if(count LESS 100)
  message(FATAL_ERROR "only ${count} files below ${SOURCE}")
endif()
foreach(file IN LISTS files)
  string(REGEX REPLACE "^(include/gyre|src)/" "" path "${file}")
  floor_of("${path}" own)
  # A name without a folder is that of a neighbour.
  file(STRINGS ${SOURCE}/${file} includes REGEX "^#include \"[^\"]*/")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^#include \"(gyre/)?([^\"]*)\".*" "\\2" included "${include}")
    floor_of("${included}" other)
    if(other GREATER own)
      message(SEND_ERROR "${file} reaches up to ${included}")
    endif()
  endforeach()
endforeach()

# Installs BUILD_DIR below WORK_DIR, builds the two consumer projects against the installation, proves
# with the one and verifies with the other.
# cmake -D BUILD_DIR= -D WORK_DIR= -D SOURCE_DIR= -D DATA_DIR= -D CXX= -D GENERATOR= -P run.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    string(JOIN " " command ${ARGV})
    message(FATAL_ERROR "failed (${result}): ${command}")
  endif()
endfunction()

function(build_project source build)
  run(${CMAKE_COMMAND} --no-warn-unused-cli -S ${source} -B ${build} -G ${GENERATOR}
    -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix ${ARGN})
  run(${CMAKE_COMMAND} --build ${build})
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/prefix)
build_project(${SOURCE_DIR}/verify_only ${WORK_DIR}/verify_only
  -DCMAKE_DISABLE_FIND_PACKAGE_TBB=ON -DCMAKE_DISABLE_FIND_PACKAGE_fmt=ON)
set(verify ${WORK_DIR}/verify_only/verify)
run(${verify} ${DATA_DIR}/fib_small/vk.postcard ${DATA_DIR}/fib_small/proof.bin)

build_project(${SOURCE_DIR} ${WORK_DIR}/prove)
run(${WORK_DIR}/prove/prove ${WORK_DIR}/key ${WORK_DIR}/proof)
run(${verify} ${WORK_DIR}/key ${WORK_DIR}/proof)

run(${WORK_DIR}/prove/prove_bundle ${DATA_DIR}/fib_small ${WORK_DIR}/bundle_proof)
run(${CMAKE_COMMAND} -E compare_files ${WORK_DIR}/bundle_proof ${DATA_DIR}/fib_small/proof.bin)

# The same statement under another key.
execute_process(COMMAND ${verify} ${DATA_DIR}/fib_d2/vk.postcard ${WORK_DIR}/proof
  RESULT_VARIABLE result)
if(NOT result EQUAL 1)
  message(FATAL_ERROR "a proof under another key must be invalid (1), got ${result}")
endif()

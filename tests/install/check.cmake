# Installs the build in BUILD into a prefix of its own under WORK, then configures, builds and runs the project in SOURCE
# against it, and the example of a plug-in as its page says; with LEARNING the program runs it.
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
endfunction()
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
run(${WORK}/prefix/bin/brume --version)

file(COPY ${EXAMPLES}/plugin DESTINATION ${WORK})
run(${CMAKE_COMMAND} -S ${WORK}/plugin -B ${WORK}/plugin/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/plugin/build)
run(${WORK}/plugin/build/trimmed_momentum_test ${WORK}/plugin/build/libtrimmed_momentum.so)
if(LEARNING)
  run(${WORK}/prefix/bin/brume check ${WORK}/plugin/federation.yaml)
  run(${WORK}/prefix/bin/brume simulate ${WORK}/plugin/federation.yaml --set federation.rounds=3 --out ${WORK}/run)
endif()

# SPDX-License-Identifier: Apache-2.0
# discover.cmake: the test cases of a Catch2 program as tests for ctest, after the program was built.
#   cmake -D PROGRAM=... -D LABEL=... -D TIMEOUT=... -D FILE=... -P discover.cmake
# Writes FILE, which ctest reads. A case has the label of its program, and `full` where it is tagged so, else `fast`. Catch2's own
# script knows one label a test, and cuts names in two at a semicolon; a name that Catch2 then does not find has passed.
function(add_cases tier)
  execute_process(COMMAND ${PROGRAM} --list-test-names-only ${ARGN} OUTPUT_VARIABLE rest ERROR_VARIABLE problems)
  if(problems)
    message(FATAL_ERROR "${PROGRAM}: ${problems}")
  endif()
  string(FIND "${rest}" "\n" end)
  while(end GREATER -1)
    string(SUBSTRING "${rest}" 0 ${end} name)
    math(EXPR next "${end} + 1")
    string(SUBSTRING "${rest}" ${next} -1 rest)
    string(FIND "${rest}" "\n" end)
    if(name STREQUAL "")
      continue()
    endif()
    string(REGEX REPLACE "([][,\\])" "\\\\\\1" pattern "${name}")
    string(APPEND tests "add_test([==[${LABEL}.${name}]==] [==[${PROGRAM}]==] [==[${pattern}]==] --warn NoTests)\n"
           "set_tests_properties([==[${LABEL}.${name}]==] PROPERTIES LABELS \"${LABEL};${tier}\" TIMEOUT ${TIMEOUT} "
           "SKIP_REGULAR_EXPRESSION SKIPPED:)\n")  # tests/support/skip.hpp
  endwhile()
  set(tests "${tests}" PARENT_SCOPE)
endfunction()

set(tests "")
add_cases(fast "~[full]")
add_cases(full "[full]")
if(tests STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} has no test cases")
endif()
file(WRITE ${FILE} "${tests}")

# SPDX-License-Identifier: Apache-2.0
# Finds NCCL and MPI, both optional: gives the targets tokenyard_nccl and tokenyard_mpi where they are there, and says in one line what
# is not. NCCL is looked for in NCCL_HOME, beside CUDA, in the system, and in Python's package nvidia-nccl.
function(tokenyard_find_nccl)
  set(hints ${NCCL_HOME} $ENV{NCCL_HOME} ${CUDAToolkit_TARGET_DIR} ${CUDAToolkit_INCLUDE_DIRS}/.. /usr/local/cuda /usr)
  find_program(TOKENYARD_PYTHON python3 DOC "The python3 of the PATH, whose packages may have NCCL")
  if(TOKENYARD_PYTHON)
    execute_process(COMMAND ${TOKENYARD_PYTHON} -c "import importlib.util as u\ns = u.find_spec('nvidia.nccl')\nprint(list(s.submodule_search_locations)[0] if s else '')"
                    OUTPUT_VARIABLE packaged OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    list(APPEND hints ${packaged})
  endif()
  find_path(TOKENYARD_NCCL_INCLUDE nccl.h HINTS ${hints} PATH_SUFFIXES include DOC "Folder of nccl.h")
  # The Python package has no libnccl.so, only the library with its version.
  find_library(TOKENYARD_NCCL_LIBRARY NAMES nccl libnccl.so.2 NAMES_PER_DIR HINTS ${hints} PATH_SUFFIXES lib lib64 lib/x86_64-linux-gnu DOC "NCCL's library")
  if(TOKENYARD_NCCL_INCLUDE AND TOKENYARD_NCCL_LIBRARY)
    add_library(tokenyard_nccl UNKNOWN IMPORTED)
    set_target_properties(tokenyard_nccl PROPERTIES IMPORTED_LOCATION ${TOKENYARD_NCCL_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${TOKENYARD_NCCL_INCLUDE})
    message(STATUS "NCCL: ${TOKENYARD_NCCL_LIBRARY}")
  else()
    message(STATUS "no NCCL here (set NCCL_HOME to its folder): tokenyard-gpu is built without it")
  endif()
endfunction()

function(tokenyard_find_mpi)
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    add_library(tokenyard_mpi INTERFACE)
    target_link_libraries(tokenyard_mpi INTERFACE MPI::MPI_CXX)
    target_compile_definitions(tokenyard_mpi INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
  else()
    message(STATUS "no MPI here: tokenyard-gpu is built without it")
  endif()
endfunction()

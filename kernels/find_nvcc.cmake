# SPDX-License-Identifier: Apache-2.0
# Finds nvcc before CUDA is enabled, also where it is not on the PATH; leaves the architectures set, of which CMake would choose its own.
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(TOKENYARD_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(TOKENYARD_NVCC)
    set(CMAKE_CUDA_COMPILER ${TOKENYARD_NVCC})
  endif()
elseif(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER $ENV{CUDACXX})
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 90 CACHE STRING "80: A100; 90: H100, H200; 100: B200" FORCE)
endif()

// SPDX-License-Identifier: Apache-2.0
// Stands in for NCCL's header, as far as transport/nccl.cpp uses it: ranks are threads of one process, device memory is the
// host's. It holds callers to NCCL's rules: sends and receives match pair by pair in order and in size; a group of a pair's first
// call returns when the other end has come, later ones at once; and what a group does it does in its stream.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

constexpr int fake_nccl_version = 22809;
#define NCCL_VERSION_CODE 22809
enum ncclResult_t { ncclSuccess = 0, ncclInternalError = 3, ncclInvalidArgument = 4, ncclInProgress = 7 };
enum ncclDataType_t { ncclUint8 = 1 };
struct ncclUniqueId {
    char internal[128];
};
using ncclComm_t = struct FakeCommunicator*;
struct ncclConfig_t {
    int blocking;
};
#define NCCL_CONFIG_INITIALIZER \
    { 1 }

ncclResult_t ncclGetVersion(int* version);
ncclResult_t ncclGetUniqueId(ncclUniqueId* id);
ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank, ncclConfig_t* config);
ncclResult_t ncclCommFinalize(ncclComm_t communicator);
ncclResult_t ncclCommDestroy(ncclComm_t communicator);
ncclResult_t ncclCommAbort(ncclComm_t communicator);
ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state);
ncclResult_t ncclCommRegister(ncclComm_t communicator, void* start, std::size_t bytes, void** handle);
ncclResult_t ncclCommDeregister(ncclComm_t communicator, void* handle);
ncclResult_t ncclMemAlloc(void** start, std::size_t bytes);
ncclResult_t ncclMemFree(void* start);
ncclResult_t ncclGroupStart();
ncclResult_t ncclGroupEnd();
ncclResult_t ncclSend(const void* from, std::size_t count, ncclDataType_t type, int peer, ncclComm_t communicator,
                      cudaStream_t stream);
ncclResult_t ncclRecv(void* to, std::size_t count, ncclDataType_t type, int peer, ncclComm_t communicator, cudaStream_t stream);
ncclResult_t ncclAlltoAll(const void* from, void* to, std::size_t count, ncclDataType_t type, ncclComm_t communicator,
                          cudaStream_t stream);
const char* ncclGetErrorString(ncclResult_t code);
const char* ncclGetLastError(ncclComm_t communicator);

/// For tests: what hangs returns ncclInternalError from now on; what is registered and not given back; communicators that live;
/// the most sends to one peer that any group has had so far.
void fake_nccl_release();
int fake_nccl_registered();
int fake_nccl_communicators();
int fake_nccl_most_sends_to_a_peer();

// SPDX-License-Identifier: Apache-2.0
// The makers of each transport. Where a library is not built in, its maker throws and its version is empty.
#pragma once

#include "transport/transport.hpp"

namespace tokenyard::gpu {

std::unique_ptr<Transport> make_sockets_transport(Group& group);

/// ncclSend/ncclRecv in a group, or ncclAlltoAll.
std::unique_ptr<Transport> make_nccl_transport(Group& group, int device, bool is_alltoall, bool is_registered);
std::string nccl_version();  // of the library that is loaded
bool has_nccl_alltoall();

std::unique_ptr<Transport> make_mpi_transport(Group& group);

}  // namespace tokenyard::gpu

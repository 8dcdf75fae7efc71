# SPDX-License-Identifier: Apache-2.0
# What the library and the program are made of: once by nvcc, once by a C++ compiler over the emulator.
set(kernel_sources
    cuda/device.cpp cuda/error.cpp cuda/gate.cu cuda/graph.cpp formats/number_formats.cpp moe/arrivals.cu moe/combine.cu moe/gate_checks.cpp moe/gate_topk.cu
    moe/layout.cu moe/layout_buffers.cpp moe/permute.cu moe/permute_fp8.cu moe/route.cu moe/router_table.cpp)
set(oracle_sources oracle/gate_topk.cpp oracle/layout.cpp oracle/route.cpp oracle/rows.cpp)
set(network_sources
    net/frames.cpp net/group.cpp net/hub.cpp net/place.cpp net/socket.cpp transport/mpi.cpp transport/nccl.cpp transport/sockets.cpp
    transport/transport.cpp)
set(program_sources
    bench/bench.cpp bench/choice_benchmarks.cpp bench/fill.cu bench/measure.cpp bench/row_benchmarks.cpp bench/rows_as_text.cpp
    calibrate/child.cpp calibrate/plan.cpp
    cli/arguments.cpp cli/bench_verb.cpp cli/calibrate_verb.cpp cli/exchange_verb.cpp cli/files.cpp cli/forked_ranks.cpp cli/ranks.cpp
    cli/route_verb.cpp cli/run.cpp cli/selftest_verb.cpp cli/trace.cpp
    exchange/bytes.cu exchange/experts.cu exchange/layer_exchange.cpp exchange/layer_memory.cpp exchange/matrix.cpp
    exchange/matrix_exchange.cpp exchange/report.cpp exchange/session.cpp exchange/workload.cpp record/json.cpp record/sampling.cpp
    selftest/combine_cases.cpp selftest/convert.cu selftest/exchange_cases.cpp selftest/format_cases.cpp selftest/gate_cases.cpp
    selftest/layout_cases.cpp selftest/permute_cases.cpp selftest/route_cases.cpp selftest/selftest.cpp selftest/transport_cases.cpp
    selftest/trial.cpp)

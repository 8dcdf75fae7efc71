# SPDX-License-Identifier: Apache-2.0
"""What is measured: stacks, exchanges, and how many bytes each rank has for each other one."""
import os
import random
from dataclasses import dataclass

from network import NODES, Failure, Network

MEAN_BYTES = 2_000_000  # of a transfer: far more than a connection's window of 160 kB
RATE_MBIT = 200         # of a port; a core carries ten times as much, so that its other work does not show
REPEATS = 4
EAGER_LIMIT = 16_777_216  # bytes; Open MPI's largest
DEFAULT_EAGER_LIMIT = 65_536  # bytes; Open MPI 4.1, ompi_info --param btl tcp: btl_tcp_eager_limit


@dataclass(frozen=True)
class Stack:
    name: str
    mca: tuple          # Open MPI's parameters
    ping_pong: str      # how of the ranks' program
    eager_limit: int    # bytes, for tokenyard's MPI algorithms
    kernel_takes_messages: bool = False  # network.py

    @property
    def is_mpi(self):
        return self.name != "tcp"


def forced_eager():
    limits = ("btl_tcp_eager_limit", "btl_tcp_rndv_eager_limit", "btl_tcp_max_send_size")
    return (*((name, EAGER_LIMIT) for name in limits), ("btl_tcp_free_list_num", 1), ("btl_tcp_free_list_inc", 1))


SHAPED = (("btl_tcp_if_include", "10.99.0.0/24"),)
STACKS = {stack.name: stack for stack in [
    # MPI only starts these ranks, over the unshaped network.
    Stack("tcp", (("btl_tcp_if_include", "10.98.0.0/24"),), "tcp-ping-pong", 0),
    Stack("mpi-eager", (*SHAPED, *forced_eager()), "ping-pong", EAGER_LIMIT, kernel_takes_messages=True),
    Stack("mpi-default", SHAPED, "ping-pong", DEFAULT_EAGER_LIMIT),
]}


@dataclass(frozen=True)
class Exchange:
    how: str        # of the ranks' program
    algorithm: str  # tokenyard's
    mca: tuple = ()


def alltoallv(algorithm):  # of coll/tuned: 1 linear, 2 pairwise
    return (("coll_tuned_use_dynamic_rules", 1), ("coll_tuned_alltoallv_algorithm", algorithm))


EXCHANGES = {
    "all": Exchange("tcp-all", "direct"),
    "steps": Exchange("tcp-pairwise", "mpi-pairwise"),
    "linear": Exchange("alltoallv", "mpi-linear", alltoallv(1)),
    "isend": Exchange("isend", "mpi-linear"),
    "pairwise": Exchange("alltoallv", "mpi-pairwise", alltoallv(2)),
}
IN_STEPS = {"steps", "pairwise"}


@dataclass(frozen=True)
class Row:
    stack: str
    exchange: str
    sizes: str


@dataclass(frozen=True)
class Group:
    """Rows on one network, between two calibrations by the same ping-pong."""

    network: Network
    calibrated_by: str  # stack
    rows: tuple


def group(calibrated_by, oversubscription, *rows):
    return Group(Network(RATE_MBIT, oversubscription, acks_first=calibrated_by == "tcp"), calibrated_by,
                 tuple(Row(*row) for row in rows))


ALL_GROUPS = [
    group("tcp", 1, ("tcp", "all", "uniform"), ("tcp", "all", "gamma"), ("tcp", "all", "zipf"), ("tcp", "steps", "gamma")),
    group("tcp", 4, ("tcp", "all", "gamma"), ("tcp", "steps", "zipf"), ("tcp", "steps", "gamma"), ("tcp", "steps", "gamma-22")),
    group("mpi-eager", 1, ("mpi-eager", "linear", "uniform"), ("mpi-eager", "isend", "gamma"), ("mpi-eager", "pairwise", "gamma"),
          ("mpi-default", "linear", "uniform"), ("mpi-default", "pairwise", "gamma")),
    group("mpi-eager", 4, ("mpi-eager", "linear", "gamma"), ("mpi-eager", "pairwise", "gamma"),
          ("mpi-eager", "pairwise", "gamma-22"), ("mpi-default", "linear", "gamma"), ("mpi-default", "pairwise", "gamma")),
]

# Those of the rows with a gate that have all of these: plain TCP and MPI, both uplinks, all at once and in steps, completions and
# ends. The gates are the same.
FEW_GROUPS = [
    group("tcp", 4, ("tcp", "all", "gamma"), ("tcp", "steps", "gamma")),
    group("mpi-eager", 1, ("mpi-eager", "linear", "uniform"), ("mpi-eager", "isend", "gamma")),
]


def groups():
    """All where TOKENYARD_LIVE is `all`, few where it is not set."""
    chosen = os.environ.get("TOKENYARD_LIVE", "few")
    if chosen not in ("all", "few"):
        raise Failure(f"TOKENYARD_LIVE: found '{chosen}'; expected all or few")
    return ALL_GROUPS if chosen == "all" else FEW_GROUPS


def matrix(sizes):
    """Bytes from each rank to each other one, none to itself; always the same for a name."""
    kind, _, seed = sizes.partition("-")
    draw = random.Random(int(seed or 1))
    weight = {
        "uniform": lambda destination: 1,
        # Exponential: some large, many small. Draw 22 is, of 200, one where max-min sharing of steps and the port bound are farthest apart.
        "gamma": lambda destination: draw.gammavariate(1, 1),
        "zipf": lambda destination: 1 / (destination + 1),     # rank 0 receives most
    }[kind]
    weights = [[0 if source == destination else weight(destination) for destination in range(NODES)] for source in range(NODES)]
    scale = MEAN_BYTES * NODES * (NODES - 1) / sum(map(sum, weights))
    return [[round(scale * value / 16) * 16 for value in line] for line in weights]

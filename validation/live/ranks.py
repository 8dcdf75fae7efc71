# SPDX-License-Identifier: Apache-2.0
"""The ranks' program in the namespaces: started by mpirun, whose launch agent enters them."""
import os
import statistics
import subprocess
from pathlib import Path

from network import CONTROL, NODES, Failure, let_kernel_take_messages, node_name
from rows import STACKS

HERE = Path(__file__).resolve().parent
WORK = Path("/run/work")  # on the /run of this run alone
TIMEOUT = 60              # seconds for all repeats of a row; the slowest takes about eight


def compile_program():
    program = WORK / "exchange"
    command = ["mpicc", "-O2", "-o", str(program), str(HERE / "exchange.c"), str(HERE / "tcp.c")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"mpicc: {done.stderr.strip()}")
    return program


def output_of_ranks(program, stack, arguments, mca=()):
    """Standard output of the ranks' program, one rank a node."""
    for node in range(NODES):
        let_kernel_take_messages(node, STACKS[stack].kernel_takes_messages)
    parameters = {"plm": "rsh", "plm_rsh_agent": HERE / "agent.sh", "oob_tcp_if_include": "10.98.0.0/24", "pml": "ob1",
                  "btl": "tcp,self", "mpi_yield_when_idle": 1} | dict(STACKS[stack].mca) | dict(mca)
    nodes = ",".join(f"{node_name(node)}:1" for node in range(NODES))
    command = ["ip", "netns", "exec", CONTROL, "mpirun", "-H", nodes, "-np", str(NODES), "--map-by", "slot", "--bind-to", "none"]
    for name, value in parameters.items():
        command += ["--mca", name, str(value)]
    environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "TMPDIR": str(WORK),
                                "LIVE_WORK": str(WORK)}
    try:
        done = subprocess.run([*command, str(program), *map(str, arguments)], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"ranks of {stack} {arguments[0]}: not done after {TIMEOUT} s") from error
    if done.returncode != 0:
        last_lines = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise Failure(f"ranks of {stack} {arguments[0]}: exit code {done.returncode}\n{last_lines}")
    return done.stdout


def times_and_ends(output):
    """Seconds of each repeat; and, where they were seen, the median end of each transfer."""
    times, ends = [], {}
    for line in output.splitlines():
        words = line.split()
        if words and words[0] == "time":
            times.append(float(words[1]))
        elif words and words[0] == "end":
            ends.setdefault((int(words[1]), int(words[2])), []).append(float(words[3]))
    if not times:
        raise Failure(f"the ranks' program printed no time:\n{output.strip()}")
    return times, [[*pair, statistics.median(values)] for pair, values in sorted(ends.items())]

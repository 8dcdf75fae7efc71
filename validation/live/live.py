#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exchanges over a real network, made of Linux network namespaces, held against tokenyard's predictions.

    validation/live/live.py [PROGRAM] [--record FILE]     measures (as root), predicts, compares
    validation/live/live.py [PROGRAM] --recorded [FILE]   predicts and compares what was recorded; needs no rights

README.md beside this file says how. Exit codes: 0 all within the gates, 1 wrong command line, 2 wrong input, 3 something could not
run, 4 a row is beyond its gate, 77 the measurement is not possible here or was disturbed (one line on stderr says why).
"""
import argparse
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # the tests leave nothing among the sources

from judge import HEADER, Gates, as_line, judge
from network import Failure, Skip, require_tools

# Records cannot be disturbed any more: they are held a little above what their errors are, so that a prediction that moves is seen.
GATES_OF_RECORDS = Gates(at_once=3, in_steps=3, ends=4)
HERE = Path(__file__).resolve().parent
SCHEMA = "tokenyard.live_record/1"
TIMEOUT = 280  # seconds; measuring takes about 130


# Network, mount, process and IPC namespaces of this run alone. Should this process end in whatever way, the kernel ends unshare,
# which ends the first process in there, and with it all others, their namespaces and mounts.
ALONE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--mount-proc"]


def require_namespaces():
    require_tools("setpriv", "unshare")
    tried = subprocess.run([*ALONE, "true"], capture_output=True, text=True, timeout=60)
    if tried.returncode != 0:
        raise Skip(f"namespaces are not allowed (root, or CAP_SYS_ADMIN and CAP_NET_ADMIN): {' '.join(tried.stderr.split())}")


def measure(ranks_program):
    """The record that measure.py prints, from namespaces of its own."""
    require_namespaces()
    command = [*ALONE, sys.executable, "-B", str(HERE / "measure.py"), str(ranks_program or "-")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            output, messages = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired as error:
            raise Failure(f"measure.py: not done after {TIMEOUT} s") from error
        finally:
            process.kill()
    if process.returncode == 77:
        raise Skip(messages.strip().splitlines()[-1].removeprefix("skipped: "))
    sys.stderr.write(messages)
    if process.returncode != 0:
        raise Failure(f"measure.py: exit code {process.returncode}")
    return json.loads(output)


def read_record(path):
    try:
        record = json.loads(path.read_text())
        if record["schema"] == SCHEMA and record["groups"]:
            return record
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError):
        pass
    print(f"{path}: error: found no record; expected JSON with schema {SCHEMA}", file=sys.stderr)
    sys.exit(2)


def compare(program, record, gates):
    """Prints the table; returns how many rows miss their gate."""
    print(f"# {record['date']}, {record['kernel']}, {record['cores']} cores; {'; '.join(record['versions'])}; "
          f"medians of {record['repeats']}")
    for group in record["groups"]:
        network, before, after = group["network"], group["before"], group["after"]
        print(f"# uplink {network['oversubscription']}:1, {group['calibrated_by']}: ports of {network['rate_Mbit']} Mbit/s; ping-pong "
              f"{before['bandwidth_Bps'] / 1e6:.2f} and after {after['bandwidth_Bps'] / 1e6:.2f} MB/s, "
              f"{before['latency_s'] * 1e6:.0f} us")
    print(*HEADER, sep="\n")
    with tempfile.TemporaryDirectory(prefix="tokenyard-live-") as work:
        verdicts = list(judge(program, work, record, gates))
    print(*map(as_line, verdicts), sep="\n")
    misses = sum(bool(verdict.misses) for verdict in verdicts)
    print(f"# {len(verdicts)} rows, {sum(not verdict.unmodelled for verdict in verdicts)} with gates: {gates.at_once:g} % at once, "
          f"{gates.in_steps:g} % in steps, {gates.ends:g} % ends; {misses} missed", flush=True)
    return misses


def parse_arguments():
    class Parser(argparse.ArgumentParser):
        def error(self, message):  # argparse's own exit code, 2, means wrong input in this project
            self.print_usage(sys.stderr)
            self.exit(1, f"{self.prog}: error: {message}\n")

    parser = Parser(description="Exchanges over namespaces of this machine, held against tokenyard's predictions")
    parser.add_argument("program", nargs="?", metavar="PROGRAM", help="tokenyard; the launcher of this repository unless given")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write what was measured as JSON")
    parser.add_argument("--recorded", type=Path, nargs="*", metavar="FILE", help="compare records; all in recorded/ unless given")
    parser.add_argument("--ranks-program", type=Path, metavar="FILE",
                        help="started on every node in the place of exchange.c, with the same arguments and output")
    arguments = parser.parse_args()
    if arguments.recorded is not None and (arguments.record or arguments.ranks_program):
        parser.error("found --recorded beside an option of a measurement; expected one of them")
    if arguments.ranks_program:
        arguments.ranks_program = arguments.ranks_program.resolve()
    return arguments


def records(arguments):
    if arguments.recorded is None:
        yield measure(arguments.ranks_program)
        return
    paths = arguments.recorded or sorted((HERE / "recorded").glob("*.json"))
    if not paths:
        raise Failure(f"{HERE / 'recorded'}: holds no record")
    for path in paths:
        yield read_record(path)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was begun is ended
    arguments = parse_arguments()
    program = Path(arguments.program or HERE.parents[1] / "tokenyard").resolve()
    misses = 0
    for record in records(arguments):
        if arguments.record:
            try:
                arguments.record.write_text(json.dumps(record, indent=1) + "\n")
            except OSError as error:
                raise Failure(f"{arguments.record}: {error.strerror}") from error
        misses += compare(program, record, Gates() if arguments.recorded is None else GATES_OF_RECORDS)
    return 4 if misses else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Skip as skip:
        print(f"skipped: {skip}", file=sys.stderr)
        sys.exit(77)
    except Failure as failure:
        print(f"live.py: error: {failure}", file=sys.stderr)
        sys.exit(3)

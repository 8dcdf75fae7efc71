#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What nvcc makes of the kernels that move rows, as far as their speed hangs on it: nothing is spilled; and for rows of 16-byte
vectors at most 64 registers (four blocks of 256 threads an SM), and loads and stores of 16 bytes at once.

check_code.py [ARCHITECTURE, 90 unless given]. Prints a line a kernel; exits 1 where one does not hold, 77 without nvcc.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
FILES = ("moe/permute.cu", "moe/permute_fp8.cu", "moe/combine.cu")
MOST_REGISTERS = 64  # 65,536 an SM / 4 blocks / 256 threads; the bytes in flight that the kernels are made for need no less
# Instances for whole vectors: of uint4, or IsWide; their loads and stores of rows are one instruction of 16 bytes. Codes of
# fp8 leave 8 bytes at once, as many as 16 bytes of bf16 become.
WIDE = (("scatter_rows", "5uint4", 4, 4), ("gather_rows", "5uint4", 4, 4), ("cast_rows", "ILb1E", 4, 2), ("combine", "5uint4", 4, 4))


def run(nvcc, source, options, output):
    command = [nvcc, "-std=c++17", "-O3", "-I", HERE, os.path.join(HERE, source), "-o", output] + options
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"check_code.py: error: {' '.join(command)}:\n{done.stderr}")


def resources(text):
    """{entry: (registers, bytes spilled)} from what ptxas says."""
    found, entry, spilled = {}, None, 0
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)'", line):
            entry, spilled = match[1], 0
        elif match := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = int(match[1]) + int(match[2])
        elif (match := re.search(r"Used (\d+) registers", line)) and entry:
            found[entry], entry = (int(match[1]), spilled), None
    return found


def widest(ptx):
    """{entry: (elements of the widest 32-bit load from global memory, of the widest store)}."""
    found = {}
    for body in re.split(r"\.entry\s+", ptx)[1:]:
        def most(pattern):
            return max((int(width or 1) for width in re.findall(pattern, body)), default=0)
        found[re.match(r"\w+", body)[0]] = (most(r"ld\.global(?:\.\w+)*?(?:\.v(\d))?\.[bu]32"),
                                            most(r"st\.global(?:\.\w+)*?(?:\.v(\d))?\.[bu]32"))
    return found


def readable(entry):
    """As C++ has it, without its parameters, where binutils are."""
    if not shutil.which("c++filt"):
        return entry
    name = subprocess.run(["c++filt", entry], capture_output=True, text=True).stdout.strip()
    return name.replace("(anonymous namespace)::", "").split("(")[0].split("::")[-1]


def main():
    nvcc = shutil.which("nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")
    if not nvcc:
        print("check_code.py: skipped: no nvcc here")
        sys.exit(77)
    arch = sys.argv[1] if len(sys.argv) > 1 else "90"
    wrong, seen = 0, set()
    with tempfile.TemporaryDirectory() as folder:
        for source in FILES:
            ptx = os.path.join(folder, "ptx")
            run(nvcc, source, [f"-arch=compute_{arch}", "-ptx"], ptx)
            # Through the PTX that is looked at, so that it is compiled once.
            ptxas = [os.path.join(os.path.dirname(nvcc), "ptxas"), f"-arch=sm_{arch}", "-v", ptx, "-o", os.path.join(folder, "cubin")]
            done = subprocess.run(ptxas, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"check_code.py: error: {' '.join(ptxas)}:\n{done.stderr}")
            with open(ptx, encoding="utf-8") as file:
                widths = widest(file.read())
            for entry, (registers, spilled) in sorted(resources(done.stderr).items()):
                load, store = widths[entry]
                faults = []
                if spilled:
                    faults.append(f"{spilled} bytes spilled; expected none")
                for name, mark, least_load, least_store in WIDE:
                    if name in entry and mark in entry:
                        seen.add(name)
                        if registers > MOST_REGISTERS:
                            faults.append(f"{registers} registers; expected at most {MOST_REGISTERS}")
                        if load < least_load or store < least_store:
                            faults.append(f"loads of {4 * load} and stores of {4 * store} bytes; expected {4 * least_load} and {4 * least_store}")
                wrong += bool(faults)
                print(f"{'WRONG' if faults else 'ok   '} {registers:3} registers, loads of {4 * load:2} B  {readable(entry)}")
                for fault in faults:
                    print(f"      {fault}")
    if missing := {name for name, *_ in WIDE} - seen:
        print(f"WRONG no instance for 16-byte vectors of {', '.join(sorted(missing))}")
        wrong += 1
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""A small cluster out of network namespaces: nodes on two leaf bridges, joined by an uplink; every port shaped by tc.

To be used in network, mount and process namespaces of its own, with a /run of its own (live.py sees to it): nothing that is made
here is seen outside, and the kernel takes all of it down with its last process.
"""
import shutil
import subprocess
from dataclasses import dataclass

NODES = 4
# Bytes of a connection's buffers, smallest, first and largest: Linux' own, and more than a message with the kernel's overhead.
KERNEL_SENDS, KERNEL_RECEIVES, LARGEST = "4096 16384 4194304", "4096 131072 6291456", 33554432
# Bytes that TCP hands over at once. A class may overdraw its bucket by one such packet, which is a head start for each transfer: a
# few frames cost less of it than the usual 64 kB, and less work than single frames.
SUPER_PACKET = 12000
# Bytes of a connection's buffers, smallest, first and largest: Linux' own, and more than a message with the kernel's overhead.
KERNEL_SENDS, KERNEL_RECEIVES, LARGEST = "4096 16384 4194304", "4096 131072 6291456", 33554432
# Bytes that TCP hands over at once. A class may overdraw its bucket by one such packet, which is a head start for each transfer: a
# few frames cost less of it than the usual 64 kB, and less work than single frames.
SUPER_PACKET = 12000
SEND_BUFFER = 33554432  # bytes, of a connection that does not choose one; counts the kernel's overhead too
SWITCH, CONTROL = "switch", "control"  # namespaces: of the shaped network's bridges, and of mpirun


class Failure(Exception):
    """Something could not run."""


class Skip(Exception):
    """This machine or its state does not allow the measurement."""


@dataclass(frozen=True)
class Network:
    rate_Mbit: int         # of a port, each way
    oversubscription: int  # a leaf's ports over its uplink
    acks_first: bool       # bare ACKs overtake; right only where each connection carries data one way

    @property
    def uplink_Mbit(self):
        return self.rate_Mbit * NODES // 2 // self.oversubscription


def node_name(node):
    return f"node{node}"


def address(node):
    return f"10.99.0.{node + 1}"  # tcp.c knows it too


def run(command, lines=()):
    """Standard output of a command that gets these lines."""
    done = subprocess.run(command, input="".join(line + "\n" for line in lines), capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {' '.join(done.stderr.split()) or f'exit code {done.returncode}'}")
    return done.stdout


def shaping(device, Mbit, pairs, acks_first):
    """Lines for tc: a port of this rate, shared in equal parts by the (source, destination) pairs that have something to send.

    HTB, a class for each pair, is the fair queueing that any kernel has; within a class bytes leave in order. Queues are deep: a
    connection's window is all that is ever in them, nothing is lost.
    The bucket holds 1 ms of the rate: timers come late, and what would have been sent since is lost beyond it.
    """
    bucket = max(Mbit * 125, 16000)    # bytes
    queue = max(Mbit * 62500, 150000)  # bytes, 0.5 s
    share = Mbit * 1000 // len(pairs)  # kbit/s, of a pair when all send
    yield f"qdisc replace dev {device} root handle 1: htb default 999"
    yield f"class add dev {device} parent 1: classid 1:1 htb rate {Mbit}mbit ceil {Mbit}mbit burst {bucket} cburst {bucket} quantum 3000"
    if acks_first:  # by IP length < 128: these would wait behind the data of the other way
        yield (f"class add dev {device} parent 1:1 classid 1:5 htb rate {Mbit * 100}kbit ceil {Mbit}mbit burst 16000 cburst 16000 "
               "prio 0 quantum 3000")
        yield (f"filter add dev {device} parent 1: protocol ip prio 1 u32 match ip protocol 6 0xff match u16 0x0000 0xff80 at 2 "
               "flowid 1:5")
    for at, (source, destination) in enumerate(pairs):
        handle = 10 + at
        yield (f"class add dev {device} parent 1:1 classid 1:{handle} htb rate {share}kbit ceil {Mbit}mbit burst 4000 cburst {bucket} "
               "prio 1 quantum 3000")
        yield f"qdisc add dev {device} parent 1:{handle} bfifo limit {queue}"
        yield (f"filter add dev {device} parent 1: protocol ip prio 2 u32 match ip src {address(source)}/32 "
               f"match ip dst {address(destination)}/32 flowid 1:{handle}")
    yield f"class add dev {device} parent 1:1 classid 1:999 htb rate 1mbit ceil {Mbit}mbit quantum 3000"  # ARP


def leaf_of(node):
    return node * 2 // NODES


def add_bridges():
    for name in (SWITCH, CONTROL):
        run(["ip", "netns", "add", name])
    lines = ["link set lo up", "link add leaf0 type bridge stp_state 0 mcast_snooping 0",
             "link add leaf1 type bridge stp_state 0 mcast_snooping 0", "link add up0 type veth peer name up1"]
    lines += [f"link set leaf{leaf} up" for leaf in (0, 1)] + [f"link set up{leaf} master leaf{leaf} up" for leaf in (0, 1)]
    run(["ip", "-n", SWITCH, "-batch", "-"], lines)
    run(["ip", "-n", CONTROL, "-batch", "-"], ["link set lo up", "link add bridge type bridge stp_state 0", "link set bridge up",
                                               "addr add 10.98.0.100/24 dev bridge"])


def add_node(node):
    name = node_name(node)
    run(["ip", "netns", "add", name])
    run(["ip", "link", "add", "nic", "netns", name, "type", "veth", "peer", "name", f"port{node}", "netns", SWITCH])
    run(["ip", "link", "add", "control", "netns", name, "type", "veth", "peer", "name", f"port{node}", "netns", CONTROL])
    run(["ip", "-n", SWITCH, "link", "set", f"port{node}", "master", f"leaf{leaf_of(node)}", "up"])
    run(["ip", "-n", CONTROL, "link", "set", f"port{node}", "master", "bridge", "up"])
    run(["ip", "-n", name, "-batch", "-"], [
        "link set lo up", f"link set nic gso_max_size {SUPER_PACKET} up", "link set control up", f"addr add {address(node)}/24 dev nic",
        f"addr add 10.98.0.{node + 1}/24 dev control"])
    let_kernel_take_messages(node, False)


def let_kernel_take_messages(node, takes):
    """How the node's next connections behave.

    If `takes`, a message is in the kernel's hands and on its way as soon as it is sent, whatever its size, as a small one is in a
    NIC's: buffers and windows are larger than any message. Else as the kernel does, or the program asks for.
    Congestion control is set on the route, as a namespace's own setting may only name what the machine allows to all.
    """
    control = "reno initcwnd 8000 initrwnd 8000" if takes else "cubic"
    run(["ip", "-n", node_name(node), "route", "replace", "10.99.0.0/24", "dev", "nic", "src", address(node), "congctl",
         *control.split(), "rto_min", "1s"])
    # Nothing is lost here, but a full queue or a busy core looks like a loss to tail loss probes and to timers of 0.2 s, and a
    # retransmission lowers the rate for a while: no probes, and timers of 1 s.
    settings = {"tcp_slow_start_after_idle": "0", "tcp_no_metrics_save": "1", "tcp_early_retrans": "0",
                "tcp_wmem": f"{LARGEST} {LARGEST} {LARGEST}" if takes else KERNEL_SENDS,
                "tcp_rmem": f"{LARGEST} {LARGEST} {LARGEST}" if takes else KERNEL_RECEIVES}
    run(["ip", "netns", "exec", node_name(node), "sh", "-ec", "cd /proc/sys/net/ipv4; " +
         "; ".join(f"echo {value} >{name}" for name, value in settings.items())])


def build(network):
    """Makes the namespaces of a network, in place of those that are there."""
    for line in run(["ip", "netns", "list"]).splitlines():
        run(["ip", "netns", "del", line.split()[0]])
    add_bridges()
    others = {node: [other for other in range(NODES) if other != node] for node in range(NODES)}
    switch_lines = []
    for node in range(NODES):
        add_node(node)
        out = shaping("nic", network.rate_Mbit, [(node, other) for other in others[node]], network.acks_first)
        run(["tc", "-n", node_name(node), "-batch", "-"], out)
        switch_lines += shaping(f"port{node}", network.rate_Mbit, [(other, node) for other in others[node]], network.acks_first)
    for leaf in (0, 1):
        crossing = [(source, destination) for source in range(NODES) for destination in range(NODES)
                    if leaf_of(source) == leaf != leaf_of(destination)]
        switch_lines += shaping(f"up{leaf}", network.uplink_Mbit, crossing, network.acks_first)
    run(["tc", "-n", SWITCH, "-batch", "-"], switch_lines)


def require_network():
    """Skips, with the reason, where namespaces or shaping are not allowed or not there."""
    try:
        build(Network(rate_Mbit=100, oversubscription=1, acks_first=True))
        let_kernel_take_messages(0, True)
    except (Failure, OSError, subprocess.TimeoutExpired) as failure:
        raise Skip(f"no network of namespaces here: {failure}") from failure


def retransmissions():
    """TCP segments that were sent again so far, by all nodes."""
    total = 0
    for node in range(NODES):
        lines = run(["ip", "netns", "exec", node_name(node), "cat", "/proc/net/snmp"]).splitlines()
        names, values = (line.split() for line in lines if line.startswith("Tcp:"))
        total += int(values[names.index("RetransSegs")])
    return total


def require_tools(*tools):
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        raise Skip(f"{', '.join(missing)} missing; on Debian: apt install iproute2 util-linux openmpi-bin libopenmpi-dev gcc")

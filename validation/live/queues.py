# SPDX-License-Identifier: Apache-2.0
"""Another model of the same exchanges: links that serve their transfers in equal parts, with queues between them and no backpressure.

A sender does not slow down for a transfer that waits at a later link, as it does under max-min sharing: its bytes wait in the
network instead. Where a message is larger than a connection's window the window is the backpressure; what is sent eagerly has none.
A sketch by time steps, to tell the two apart; tokenyard does not have it.
"""
from network import NODES, leaf_of

STEP = 2e-4  # seconds; moves the completion by 0.1 %


def route(pair):
    source, destination = pair
    up = [("up", leaf_of(source))] if leaf_of(source) != leaf_of(destination) else []
    return [("out", source), *up, ("in", destination)]  # the way down is as wide as the way up, and is never waited for


def serve(waiting, room):
    """Gives the waiting (queue, bytes) equal parts of the room, and what one does not need to the others."""
    served = []
    left = sorted(waiting, key=lambda each: each[1])
    while left:
        queue, size = left.pop(0)
        part = min(size, room / (len(left) + 1))
        served.append((queue, part))
        room -= part
    return served


def begin(queues, arrived, steps, sizes, in_steps):
    """Adds the transfers whose sender has come to them: all at once, or those of each rank's step; returns the new steps."""
    for rank in range(NODES):
        while steps[rank] < NODES:
            pair = (rank, (rank + steps[rank]) % NODES)
            before = ((rank - steps[rank]) % NODES, rank)
            queues.setdefault(pair, [float(sizes[pair]), *[0.0] * (len(route(pair)) - 1)])
            if in_steps and before not in arrived:
                break
            steps[rank] += 1


def completion(matrix, port, uplink, in_steps):
    """Seconds until all is there, for eager messages: a rank goes on to its next step when it has what it gets in this one."""
    sizes = {(source, destination): size for source, line in enumerate(matrix) for destination, size in enumerate(line)
             if source != destination}
    queues, arrived, steps, time = {}, set(), [1] * NODES, 0.0
    begin(queues, arrived, steps, sizes, in_steps)
    while len(arrived) < len(sizes):
        waiting = {}
        for pair, parts in queues.items():
            for at, link in enumerate(route(pair)):
                if parts[at] > 0:
                    waiting.setdefault(link, []).append(((pair, at), parts[at]))
        time += STEP
        for link, entries in waiting.items():
            for (pair, at), part in serve(entries, (uplink if link[0] == "up" else port) * STEP):
                queues[pair][at] -= part
                if at + 1 < len(queues[pair]):
                    queues[pair][at + 1] += part
        arrived |= {pair for pair, parts in queues.items() if sum(parts) < 1}
        begin(queues, arrived, steps, sizes, in_steps)
    return time

// SPDX-License-Identifier: Apache-2.0
/* What the two stacks of the ranks' program share. Seconds are of CLOCK_MONOTONIC, which all network namespaces of a machine
 * share: an end on one rank may be compared with a start on another. */
#ifndef TOKENYARD_LIVE_EXCHANGE_H
#define TOKENYARD_LIVE_EXCHANGE_H

#include <stddef.h>

enum { MAX_RANKS = 64 };

/* What this rank sends to and gets from each other one, and when the last byte of each arrived. */
struct share {
    int rank, ranks;
    size_t out[MAX_RANKS], in[MAX_RANKS]; /* bytes; none to itself */
    double end[MAX_RANKS];                /* of what came from each rank; 0 where nothing comes */
};

double now(void);
void fail(const char* what, const char* reason) __attribute__((noreturn));

/* tcp.c: one connection for each ordered pair, so that data flow one way on each. */
void tcp_connect_all(int rank, int ranks);
void tcp_exchange_all(struct share* share);
void tcp_exchange_pairwise(struct share* share);
void tcp_ping(size_t bytes); /* rank 0 to rank 1 and back */
void tcp_pong(size_t bytes);

#endif

// SPDX-License-Identifier: Apache-2.0
/* The ranks' program: carries out the exchange of a matrix again and again, or a ping-pong, and prints how long each took.
 *     exchange HOW MATRIX REPEATS     HOW: alltoallv, isend, tcp-all, tcp-pairwise
 *     exchange HOW BYTES REPEATS      HOW: ping-pong, tcp-ping-pong: ranks 0 and 1; prints half of each round trip
 * Rank 0 prints a line a repeat, `time SECONDS`; and for ways in which each transfer's end can be seen, a line for each,
 * `end SOURCE DESTINATION SECONDS`. Both count from the moment that was agreed on, or from the first start if that was later.
 * MATRIX is as nccl-tests' alltoallv_perf reads it: bytes, row = source. */
#define _GNU_SOURCE
#include "exchange.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *sent, *received;

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void fail(const char* what, const char* reason) {
    fprintf(stderr, "exchange: error: %s: %s\n", what, reason);
    MPI_Abort(MPI_COMM_WORLD, 3);
    exit(3);
}

static void sleep_until(double moment) {
    const struct timespec time = {(time_t)moment, (long)((moment - (double)(time_t)moment) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* Waits for all ranks without keeping a core busy: those that are done must not take it from the others. */
static void sleepy_barrier(void) {
    MPI_Request request;
    int is_done = 0;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    for (;;) {
        MPI_Test(&request, &is_done, MPI_STATUS_IGNORE);
        if (is_done) return;
        sleep_until(now() + 1e-3);
    }
}

/* All ranks go at the same moment: returns when it has come. */
static double start_together(void) {
    sleepy_barrier();
    double moment = now() + 0.02; /* longer than rank 0's word takes to all */
    MPI_Bcast(&moment, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    sleep_until(moment);
    return moment;
}

static void read_matrix(const char* path, struct share* share) {
    FILE* file = fopen(path, "r");
    if (!file) fail(path, "cannot be opened");
    for (int source = 0; source < share->ranks; ++source)
        for (int destination = 0; destination < share->ranks; ++destination) {
            size_t bytes;
            if (fscanf(file, "%zu", &bytes) != 1) fail(path, "expected a row and a column of bytes for each rank");
            if (source == destination) continue;
            if (source == share->rank) share->out[destination] = bytes;
            if (destination == share->rank) share->in[source] = bytes;
        }
    fclose(file);
}

static size_t sum(const size_t* values, int count) {
    size_t total = 0;
    for (int at = 0; at < count; ++at) total += values[at];
    return total;
}

static char* bytes_for(size_t count) {
    char* bytes = malloc(count + 1);
    if (!bytes) fail("malloc", "no memory");
    memset(bytes, 1, count + 1); /* pages are there before time is taken */
    return bytes;
}

static void mpi_alltoallv(struct share* share) {
    int out[MAX_RANKS], in[MAX_RANKS], out_at[MAX_RANKS], in_at[MAX_RANKS];
    for (int other = 0, out_next = 0, in_next = 0; other < share->ranks; ++other) {
        out[other] = (int)share->out[other];
        in[other] = (int)share->in[other];
        out_at[other] = out_next;
        in_at[other] = in_next;
        out_next += out[other];
        in_next += in[other];
    }
    MPI_Alltoallv(sent, out, out_at, MPI_BYTE, received, in, in_at, MPI_BYTE, MPI_COMM_WORLD);
}

/* What the linear algorithm of MPI_Alltoallv posts, with an eye on when each receive completes. */
static void mpi_isend(struct share* share) {
    MPI_Request requests[2 * MAX_RANKS];
    int sources[2 * MAX_RANKS], count = 0;
    size_t at = 0;
    for (int distance = 1; distance < share->ranks; ++distance) {
        const int source = (share->rank + share->ranks - distance) % share->ranks;
        sources[count] = source;
        MPI_Irecv(received + at, (int)share->in[source], MPI_BYTE, source, 0, MPI_COMM_WORLD, &requests[count++]);
        at += share->in[source];
    }
    at = 0;
    for (int distance = 1; distance < share->ranks; ++distance) {
        const int destination = (share->rank + distance) % share->ranks;
        sources[count] = -1;
        MPI_Isend(sent + at, (int)share->out[destination], MPI_BYTE, destination, 0, MPI_COMM_WORLD, &requests[count++]);
        at += share->out[destination];
    }
    for (;;) {
        int done = 0, which[2 * MAX_RANKS];
        MPI_Waitsome(count, requests, &done, which, MPI_STATUSES_IGNORE);
        if (done == MPI_UNDEFINED) return;
        const double moment = now();
        for (int at_done = 0; at_done < done; ++at_done)
            if (sources[which[at_done]] >= 0) share->end[sources[which[at_done]]] = moment;
    }
}

static void repeat_exchange(const char* how, const char* path, int repeats, struct share* share) {
    void (*exchange)(struct share*) = !strcmp(how, "alltoallv")      ? mpi_alltoallv
                                      : !strcmp(how, "isend")        ? mpi_isend
                                      : !strcmp(how, "tcp-all")      ? tcp_exchange_all
                                      : !strcmp(how, "tcp-pairwise") ? tcp_exchange_pairwise
                                                                     : NULL;
    if (!exchange) fail(how, "expected alltoallv, isend, tcp-all, tcp-pairwise, ping-pong or tcp-ping-pong");
    read_matrix(path, share);
    sent = bytes_for(sum(share->out, share->ranks));
    received = bytes_for(sum(share->in, share->ranks));
    double* ends = malloc(sizeof *ends * MAX_RANKS * MAX_RANKS);
    for (int repeat = -1; repeat < repeats; ++repeat) { /* the first is not counted: windows open, pages come */
        memset(share->end, 0, sizeof share->end);
        start_together();
        double start = now();
        exchange(share);
        double end = now(), first_start, last_end;
        sleepy_barrier();
        MPI_Allreduce(&start, &first_start, 1, MPI_DOUBLE, MPI_MIN, MPI_COMM_WORLD);
        MPI_Allreduce(&end, &last_end, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
        MPI_Gather(share->end, MAX_RANKS, MPI_DOUBLE, ends, MAX_RANKS, MPI_DOUBLE, 0, MPI_COMM_WORLD);
        if (share->rank != 0 || repeat < 0) continue;
        printf("time %.9f\n", last_end - first_start);
        for (int destination = 0; destination < share->ranks; ++destination)
            for (int source = 0; source < share->ranks; ++source)
                if (ends[destination * MAX_RANKS + source] > 0)
                    printf("end %d %d %.9f\n", source, destination, ends[destination * MAX_RANKS + source] - first_start);
    }
    free(ends);
}

static void ping(int is_tcp, size_t bytes) {
    if (is_tcp) {
        tcp_ping(bytes);
        return;
    }
    MPI_Send(sent, (int)bytes, MPI_BYTE, 1, 0, MPI_COMM_WORLD);
    MPI_Recv(received, (int)bytes, MPI_BYTE, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static void pong(int is_tcp, size_t bytes) {
    if (is_tcp) {
        tcp_pong(bytes);
        return;
    }
    MPI_Recv(received, (int)bytes, MPI_BYTE, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Send(sent, (int)bytes, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
}

static void repeat_ping_pong(int is_tcp, size_t bytes, int repeats, int rank) {
    sent = bytes_for(bytes);
    received = bytes_for(bytes);
    start_together();
    for (int repeat = -1; repeat < repeats && rank < 2; ++repeat) {
        sleep_until(now() + 0.002); /* buckets fill, so that each repeat begins alike */
        const double start = now();
        (rank == 0 ? ping : pong)(is_tcp, bytes);
        if (rank == 0 && repeat >= 0) printf("time %.9f\n", (now() - start) / 2);
    }
    sleepy_barrier();
}

int main(int argc, char** argv) {
    static struct share share;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &share.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &share.ranks);
    if (argc != 4 || share.ranks < 2 || share.ranks > MAX_RANKS)
        fail("command line", "expected HOW, MATRIX or BYTES, REPEATS, and 2 to 64 ranks");
    const int is_tcp = !strncmp(argv[1], "tcp-", 4);
    if (is_tcp) tcp_connect_all(share.rank, share.ranks);
    if (!strcmp(argv[1] + (is_tcp ? 4 : 0), "ping-pong"))
        repeat_ping_pong(is_tcp, strtoul(argv[2], NULL, 10), atoi(argv[3]), share.rank);
    else repeat_exchange(argv[1], argv[2], atoi(argv[3]), &share);
    free(sent);
    free(received);
    MPI_Finalize();
    return 0;
}

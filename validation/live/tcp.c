// SPDX-License-Identifier: Apache-2.0
/* Exchanges by plain TCP. Each ordered pair of ranks has a connection of its own; what goes back on it is a byte at a time. */
#define _GNU_SOURCE
#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mpi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 5000, CHUNK = 1 << 18 };
/* A window of some milliseconds: far below the volumes, so that a transfer is not over when it has filled it. */
static const int BUFFER = 160000;

static int to[MAX_RANKS], from[MAX_RANKS];
static char data[CHUNK], sink[CHUNK];

static void check(int result, const char* what) {
    if (result < 0) fail(what, strerror(errno));
}

static struct sockaddr_in address_of(int rank) /* as network.py gives them */
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    char text[32];
    snprintf(text, sizeof text, "10.99.0.%d", rank + 1);
    inet_pton(AF_INET, text, &address.sin_addr);
    return address;
}

static int tcp_socket(void) {
    const int one = 1;
    const int made = socket(AF_INET, SOCK_STREAM, 0);
    check(made, "socket");
    check(setsockopt(made, SOL_SOCKET, SO_SNDBUF, &BUFFER, sizeof BUFFER), "SO_SNDBUF");
    check(setsockopt(made, SOL_SOCKET, SO_RCVBUF, &BUFFER, sizeof BUFFER), "SO_RCVBUF");
    check(setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), "SO_REUSEADDR");
    check(setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
    return made;
}

static void send_byte(int connection) { check((int)send(connection, "", 1, 0), "send"); }

static void await_byte(int connection) {
    char byte;
    if (recv(connection, &byte, 1, MSG_WAITALL) != 1) fail("recv", "expected a byte");
}

void tcp_connect_all(int rank, int ranks) {
    const int listener = tcp_socket();
    struct sockaddr_in own = address_of(rank);
    check(bind(listener, (struct sockaddr*)&own, sizeof own), "bind");
    check(listen(listener, ranks), "listen");
    MPI_Barrier(MPI_COMM_WORLD);
    for (int other = 0; other < ranks; ++other) {
        if (other == rank) continue;
        struct sockaddr_in address = address_of(other);
        to[other] = tcp_socket();
        check(connect(to[other], (struct sockaddr*)&address, sizeof address), "connect");
    }
    for (int count = 1; count < ranks; ++count) {
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        const int accepted = accept(listener, (struct sockaddr*)&address, &size);
        const int one = 1;
        check(accepted, "accept");
        check(setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), "TCP_NODELAY");
        from[(int)(ntohl(address.sin_addr.s_addr) & 0xff) - 1] = accepted;
    }
    close(listener);
}

/* Sends what fits now; returns how much is left. */
static size_t send_some(int connection, size_t left) {
    const ssize_t sent = send(connection, data, left < CHUNK ? left : CHUNK, MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) fail("send", strerror(errno));
    return sent > 0 ? left - (size_t)sent : left;
}

static size_t receive_some(int connection, size_t left) {
    const ssize_t got = recv(connection, sink, left < CHUNK ? left : CHUNK, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) fail("recv", got ? strerror(errno) : "the connection is closed");
    return got > 0 ? left - (size_t)got : left;
}

/* Moves out[k] bytes to each rank k and in[k] bytes from each rank k at the same time; sleeps while nothing can be moved. */
static void move(int ranks, size_t* out, size_t* in, double* end) {
    for (;;) {
        struct pollfd ready[2 * MAX_RANKS];
        nfds_t count = 0;
        for (int other = 0; other < ranks; ++other) {
            if (out[other]) ready[count++] = (struct pollfd){.fd = to[other], .events = POLLOUT};
            if (in[other]) ready[count++] = (struct pollfd){.fd = from[other], .events = POLLIN};
        }
        if (!count) return;
        check(poll(ready, count, -1), "poll");
        for (int other = 0; other < ranks; ++other) {
            if (out[other]) out[other] = send_some(to[other], out[other]);
            if (in[other] && !(in[other] = receive_some(from[other], in[other]))) end[other] = now();
        }
    }
}

void tcp_exchange_all(struct share* share) {
    size_t out[MAX_RANKS], in[MAX_RANKS];
    memcpy(out, share->out, sizeof out);
    memcpy(in, share->in, sizeof in);
    move(share->ranks, out, in, share->end);
}

/* In step s to rank + s and from rank - s. As in MPI's rendezvous a sender begins when its receiver is at the same step, which a
 * byte says, and goes on when all has arrived, which another one says. */
void tcp_exchange_pairwise(struct share* share) {
    for (int step = 1; step < share->ranks; ++step) {
        const int destination = (share->rank + step) % share->ranks;
        const int source = (share->rank + share->ranks - step) % share->ranks;
        size_t in[MAX_RANKS] = {0};
        in[source] = share->in[source];
        size_t left = share->out[destination];
        send_byte(from[source]);
        int may_send = 0, is_answered = 0;
        while (in[source] || !is_answered) {
            struct pollfd ready[] = {{.fd = in[source] ? from[source] : -1, .events = POLLIN},
                                     {.fd = to[destination], .events = may_send && left ? POLLOUT : POLLIN}};
            check(poll(ready, 2, -1), "poll");
            if (in[source] && ready[0].revents && !(in[source] = receive_some(from[source], in[source]))) {
                share->end[source] = now();
                send_byte(from[source]);
            }
            if (!ready[1].revents) continue;
            if (may_send && left) {
                left = send_some(to[destination], left);
            } else {
                await_byte(to[destination]);
                is_answered = may_send;
                may_send = 1;
            }
        }
    }
}

void tcp_ping(size_t bytes) {
    size_t none[MAX_RANKS] = {0}, some[MAX_RANKS] = {0};
    double end[MAX_RANKS];
    some[1] = bytes;
    move(2, some, none, end);
    some[1] = bytes;
    move(2, none, some, end);
}

void tcp_pong(size_t bytes) {
    size_t none[MAX_RANKS] = {0}, some[MAX_RANKS] = {0};
    double end[MAX_RANKS];
    some[0] = bytes;
    move(2, none, some, end);
    some[0] = bytes;
    move(2, some, none, end);
}

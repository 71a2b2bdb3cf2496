// Asks a server on a Unix socket the same question again and again, on any number of connections with one question
// under way on each, and writes how many nanoseconds each answer took to standard output, as 32-bit numbers.
//
//   rpc-load PATH CONNECTIONS REQUESTS < one line
//
// The first tenth of the requests is not counted. One connection is waited for in recv(2), more in epoll_wait(2). An
// answer is a line; one with an error in it ends the program.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char question[65536];
static size_t question_length;
static uint32_t *latencies;
static long wanted, answered, warm_up;
static uint64_t counted_from;

struct connection {
    int descriptor;
    uint64_t asked_at;
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int connect_to(const char *path) {
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    return descriptor;
}

static void ask(struct connection *connection) {
    connection->asked_at = now();
    if (send(connection->descriptor, question, question_length, MSG_NOSIGNAL) != (ssize_t)question_length) fail("send");
}

/// Takes what has come; true when that ends the answer.
static int take(struct connection *connection) {
    static char buffer[65536];
    ssize_t count = recv(connection->descriptor, buffer, sizeof buffer, 0);
    if (count <= 0) fail("recv");
    if (memmem(buffer, (size_t)count, "\"error\":", 8)) {
        fprintf(stderr, "%.*s", (int)count, buffer);
        exit(1);
    }
    if (buffer[count - 1] != '\n') return 0;
    uint64_t at = now();
    if (answered >= warm_up) latencies[answered - warm_up] = (uint32_t)(at - connection->asked_at);
    answered++;
    if (answered == warm_up) counted_from = at;
    return 1;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    long connections = atol(arguments[2]);
    wanted = atol(arguments[3]);
    warm_up = wanted / 10;
    question_length = fread(question, 1, sizeof question, stdin);
    latencies = calloc((size_t)wanted, sizeof *latencies);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (long index = 0; index < connections; index++) {
        all[index].descriptor = connect_to(arguments[1]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[index]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, all[index].descriptor, &event) < 0) fail("epoll_ctl");
    }
    for (long index = 0; index < connections; index++) ask(&all[index]);
    while (answered < wanted) {
        struct epoll_event events[256];
        int ready = 1;
        if (connections == 1) {
            events[0].data.ptr = all;
        } else {
            ready = epoll_wait(epoll, events, 256, 60000);
            if (ready <= 0) fail("epoll_wait");
        }
        for (int index = 0; index < ready && answered < wanted; index++)
            if (take(events[index].data.ptr)) ask(events[index].data.ptr);
    }
    uint64_t elapsed = now() - counted_from;
    size_t samples = (size_t)(wanted - warm_up);
    fwrite(&elapsed, sizeof elapsed, 1, stdout);
    if (fwrite(latencies, sizeof *latencies, samples, stdout) != samples || fflush(stdout)) fail("write");
}

// What an answer on a Unix socket costs at least: sends back the bytes that it receives.
//
//   rpc-echo blocking|epoll PATH
//
// blocking: one connection after the other, with recv(2) and send(2) alone. epoll: any number of them, with the calls
// that a server of many connections cannot do without.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char buffer[65536];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/// False at the end of the connection.
static int echo(int connection) {
    ssize_t count = recv(connection, buffer, sizeof buffer, 0);
    return count > 0 && send(connection, buffer, (size_t)count, MSG_NOSIGNAL) == count;
}

static void serve_blocking(int listener) {
    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) fail("accept");
        while (echo(connection)) {}
        close(connection);
    }
}

static void serve_epoll(int listener) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) fail("epoll");
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, -1);
        for (int index = 0; index < count; index++) {
            int ready = events[index].data.fd;
            if (ready == listener) {
                int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (connection < 0) fail("accept");
                event.data.fd = connection;
                if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection, &event) < 0) fail("epoll_ctl");
            } else if (!echo(ready)) {
                close(ready);
            }
        }
    }
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, arguments[2], sizeof address.sun_path - 1);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, 4096) < 0) fail("listen");
    if (strcmp(arguments[1], "epoll") == 0) serve_epoll(listener);
    serve_blocking(listener);
}

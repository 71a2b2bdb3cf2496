#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CPodkeeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

_Static_assert(CLD_EXITED == 1 && CLD_KILLED == 2 && CLD_DUMPED == 3, "PK_CLD_ constants");
_Static_assert(POSIX_SPAWN_SETSID == 0x80, "PK_SPAWN_SETSID");

static int result(long value) { return value < 0 ? -errno : (int)value; }

int pk_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int pk_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data = {.u64 = data}};
    return result(epoll_ctl(epoll, operation, fd, &event));
}

int pk_epoll_wait(int epoll, struct pk_epoll_event *events, int capacity, int timeout) {
    struct epoll_event raw[256];
    if (capacity > 256) capacity = 256;
    int count = epoll_wait(epoll, raw, capacity, timeout);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int index = 0; index < count; index++) {
        events[index].events = raw[index].events;
        events[index].data = raw[index].data.u64;
    }
    return count;
}

int pk_eventfd(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int pk_eventfd_signal(int fd) {
    uint64_t one = 1;
    ssize_t written;
    do written = write(fd, &one, sizeof one);
    while (written < 0 && errno == EINTR);
    // A full counter is readable already: nothing is lost.
    return written < 0 && errno != EAGAIN ? -errno : 0;
}

int pk_eventfd_drain(int fd) {
    uint64_t value;
    ssize_t got;
    do got = read(fd, &value, sizeof value);
    while (got < 0 && errno == EINTR);
    return got < 0 && errno != EAGAIN ? -errno : 0;
}

int pk_pipe(int fds[2], bool nonblocking) { return result(pipe2(fds, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0))); }

int pk_memfd(const char *name) { return result(memfd_create(name, MFD_CLOEXEC)); }

int pk_socket(int domain, int type, bool nonblocking) {
    return result(socket(domain, type | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0));
}

int pk_socketpair(int fds[2], bool nonblocking) {
    return result(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0, fds));
}

int pk_accept(int fd, bool nonblocking) {
    int accepted;
    do accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
    while (accepted < 0 && errno == EINTR);
    return result(accepted);
}

static int unix_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return 0;
}

int pk_unix_bind(int fd, const char *path) {
    struct sockaddr_un address;
    int failure = unix_address(path, &address);
    return failure ? failure : result(bind(fd, (struct sockaddr *)&address, sizeof address));
}

int pk_unix_send(const char *path, const void *bytes, size_t count) {
    struct sockaddr_un address;
    int failure = unix_address(path, &address);
    if (failure) return failure;
    socklen_t length = sizeof address;
    if (path[0] == '@') {
        address.sun_path[0] = 0;
        length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    }
    int fd = pk_socket(AF_UNIX, SOCK_DGRAM, false);
    if (fd < 0) return fd;
    ssize_t sent;
    do sent = sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address, length);
    while (sent < 0 && errno == EINTR);
    int outcome = sent < 0 ? -errno : 0;
    close(fd);
    return outcome;
}

int pk_unix_listens(int fd) {
    int domain, type, listens;
    socklen_t length = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0) return -errno;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0) return -errno;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0) return -errno;
    return domain == AF_UNIX && type == SOCK_STREAM && listens;
}

int pk_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -errno : result(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

int pk_unix_connect(int fd, const char *path) {
    struct sockaddr_un address;
    int failure = unix_address(path, &address);
    return failure ? failure : result(connect(fd, (struct sockaddr *)&address, sizeof address));
}

int pk_peer_credentials(int fd, struct pk_peer *peer) {
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) return -errno;
    *peer = (struct pk_peer){credentials.pid, credentials.uid, credentials.gid};
    return 0;
}

int pk_pidfd_open(pid_t pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }

int pk_pidfd_send_signal(int pidfd, int signal) {
    return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

static int wait_for(idtype_t type, id_t id, int options, struct pk_exit *exit) {
    siginfo_t info;
    int outcome;
    do {
        // WNOHANG with nothing to report leaves si_pid as it was (waitid(2)).
        memset(&info, 0, sizeof info);
        outcome = waitid(type, id, &info, options);
    } while (outcome < 0 && errno == EINTR);
    if (outcome < 0) return -errno;
    if (info.si_pid == 0) return 0;
    *exit = (struct pk_exit){info.si_pid, info.si_code, info.si_status};
    return 1;
}

int pk_pidfd_wait(int pidfd, bool block, bool reap, struct pk_exit *exit) {
    return wait_for((idtype_t)P_PIDFD, (id_t)pidfd, WEXITED | (block ? 0 : WNOHANG) | (reap ? 0 : WNOWAIT), exit);
}

int pk_wait_any(bool reap, struct pk_exit *exit) {
    return wait_for(P_ALL, 0, WEXITED | WNOHANG | (reap ? 0 : WNOWAIT), exit);
}

int pk_wait_child(pid_t pid, struct pk_exit *exit) { return wait_for(P_PID, (id_t)pid, WEXITED, exit); }

int pk_terminal_open(char *name, size_t capacity) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0) return -errno;
    int failure = 0;
    if (grantpt(master) < 0 || unlockpt(master) < 0) failure = errno;
    // Returns the error instead of setting errno.
    if (!failure) failure = ptsname_r(master, name, capacity);
    if (!failure) return master;
    close(master);
    return -failure;
}

int pk_terminal_resize(int master, unsigned short columns, unsigned short rows) {
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    return result(ioctl(master, TIOCSWINSZ, &size));
}

int pk_terminal_foreground(int master) { return result(tcgetpgrp(master)); }

// posix_spawn's own functions return the error instead of setting errno.
int pk_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first) {
    return -posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int pk_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    return -posix_spawn_file_actions_addchdir_np(actions, path);
}

int pk_set_dumpable(bool dumpable) { return result(prctl(PR_SET_DUMPABLE, dumpable ? 1L : 0L, 0L, 0L, 0L)); }

int pk_set_parent_death_signal(int signal) { return result(prctl(PR_SET_PDEATHSIG, (long)signal, 0L, 0L, 0L)); }

int pk_set_child_subreaper(bool enabled) {
    return result(prctl(PR_SET_CHILD_SUBREAPER, enabled ? 1L : 0L, 0L, 0L, 0L));
}

int pk_set_no_new_privileges(void) { return result(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L)); }

int pk_close_range(unsigned int first, unsigned int last, bool cloexec_only) {
    return result(syscall(SYS_close_range, first, last, cloexec_only ? CLOSE_RANGE_CLOEXEC : 0));
}

int pk_name_thread(const char *name) { return -pthread_setname_np(pthread_self(), name); }

static int signal_set(const int *signals, size_t count, sigset_t *set) {
    sigemptyset(set);
    for (size_t index = 0; index < count; index++)
        if (sigaddset(set, signals[index]) < 0) return -errno;
    return 0;
}

int pk_signals_block(const int *signals, size_t count) {
    sigset_t set;
    int failure = signal_set(signals, count, &set);
    return failure ? failure : -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int pk_signals_unblock_all(void) {
    sigset_t set;
    sigemptyset(&set);
    return -pthread_sigmask(SIG_SETMASK, &set, NULL);
}

int pk_signals_wait(const int *signals, size_t count, int timeout, struct pk_signal *received) {
    sigset_t set;
    int failure = signal_set(signals, count, &set);
    if (failure) return failure;
    struct timespec now, end, left;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout / 1000;
    end.tv_nsec += (timeout % 1000) * 1000000L;
    for (;;) {
        siginfo_t info;
        memset(&info, 0, sizeof info);
        int signal;
        if (timeout < 0) {
            signal = sigwaitinfo(&set, &info);
        } else {
            clock_gettime(CLOCK_MONOTONIC, &now);
            int64_t nanoseconds = (int64_t)(end.tv_sec - now.tv_sec) * 1000000000 + (end.tv_nsec - now.tv_nsec);
            if (nanoseconds < 0) nanoseconds = 0;
            left = (struct timespec){nanoseconds / 1000000000, nanoseconds % 1000000000};
            signal = sigtimedwait(&set, &info, &left);
        }
        if (signal > 0) {
            *received = (struct pk_signal){signal, info.si_pid, info.si_uid};
            return 1;
        }
        if (errno == EAGAIN) return 0;
        if (errno != EINTR) return -errno;
    }
}

int pk_ignore_sigpipe(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigemptyset(&action.sa_mask);
    return result(sigaction(SIGPIPE, &action, NULL));
}

static int lock_descriptor(int fd, const char *path) {
    struct stat locked, named;
    int outcome;
    do outcome = flock(fd, LOCK_EX | LOCK_NB);
    while (outcome < 0 && errno == EINTR);
    if (outcome < 0 || fstat(fd, &locked) < 0) return result(-1);
    // Who held it before may have removed it after it was opened here.
    if (lstat(path, &named) < 0) return errno == ENOENT ? -ESTALE : result(-1);
    return locked.st_dev == named.st_dev && locked.st_ino == named.st_ino ? 0 : -ESTALE;
}

int pk_lock_file(const char *path) {
    // Each further time somebody else has had it and let it go: many in a row mean that it is in use.
    for (int tries = 0; tries < 100; tries++) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return result(-1);
        int outcome = lock_descriptor(fd, path);
        if (outcome == 0) return fd;
        close(fd);
        if (outcome != -ESTALE) return outcome;
    }
    return -EWOULDBLOCK;
}

int pk_rename_new(int from_directory, const char *from, int to_directory, const char *to) {
    return result(syscall(SYS_renameat2, from_directory, from, to_directory, to, RENAME_NOREPLACE));
}

int pk_set_cloexec(int fd) { return result(fcntl(fd, F_SETFD, FD_CLOEXEC)); }

// What Swift's Glibc module lacks or cannot call: epoll, pidfds, variadic prctl, macros with casts.
//
// Every function returns a value >= 0 on success and -errno on failure; none of them looks at errno afterwards, so that
// the caller need not read it in time. Descriptors they make are close-on-exec from birth. Interrupted calls (EINTR)
// are repeated, except where a comment says otherwise.
#ifndef PODKEEPER_CSYSTEM_H
#define PODKEEPER_CSYSTEM_H

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

// MARK: epoll (epoll(7))

static const uint32_t PK_EPOLLIN = EPOLLIN;
static const uint32_t PK_EPOLLOUT = EPOLLOUT;
static const uint32_t PK_EPOLLERR = EPOLLERR;
static const uint32_t PK_EPOLLHUP = EPOLLHUP;
static const uint32_t PK_EPOLLRDHUP = EPOLLRDHUP;
static const uint32_t PK_EPOLLET = (uint32_t)EPOLLET;
static const uint32_t PK_EPOLLONESHOT = (uint32_t)EPOLLONESHOT;
static const uint32_t PK_EPOLLEXCLUSIVE = (uint32_t)EPOLLEXCLUSIVE;

static const int PK_EPOLL_CTL_ADD = EPOLL_CTL_ADD;
static const int PK_EPOLL_CTL_MOD = EPOLL_CTL_MOD;
static const int PK_EPOLL_CTL_DEL = EPOLL_CTL_DEL;

/// An event as `pk_epoll_wait` hands it out; the kernel's own struct is packed and holds a union.
struct pk_epoll_event {
    uint32_t events;
    uint64_t data;
};

int pk_epoll_create(void);
/// `events` and `data` are ignored for PK_EPOLL_CTL_DEL.
int pk_epoll_ctl(int epoll, int operation, int fd, uint32_t events, uint64_t data);
/// Returns the number of events (at most 256 a call). `timeout` in milliseconds, -1 for ever.
/// An interrupted wait returns 0: the caller works out its deadline anew.
int pk_epoll_wait(int epoll, struct pk_epoll_event *events, int capacity, int timeout);

// MARK: eventfd, pipes, memory files

/// A non-blocking event counter.
int pk_eventfd(void);
int pk_eventfd_signal(int fd);
/// Resets the counter; 0 also when it was 0 already.
int pk_eventfd_drain(int fd);
int pk_pipe(int fds[2], bool nonblocking);
int pk_memfd(const char *name);

// MARK: sockets

/// `type` is SOCK_STREAM or SOCK_DGRAM.
int pk_socket(int domain, int type, bool nonblocking);
int pk_socketpair(int fds[2], bool nonblocking);
/// Not repeated for ECONNABORTED, EMFILE and the like: those are for the caller to judge (accept(2)).
int pk_accept(int fd, bool nonblocking);
/// -ENAMETOOLONG when the path does not fit sun_path.
int pk_unix_bind(int fd, const char *path);
/// An interrupted connect is not repeated (connect(2): it goes on by itself; wait for the socket to be writable).
int pk_unix_connect(int fd, const char *path);

/// Sends one datagram to a Unix socket; a path that begins with '@' is a name in the abstract namespace (unix(7)).
int pk_unix_send(const char *path, const void *bytes, size_t count);
/// Whether the descriptor is a Unix stream socket that listens; -errno where it is no socket.
int pk_unix_listens(int fd);
int pk_set_nonblocking(int fd);

struct pk_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/// SO_PEERCRED: who connected, as the kernel saw it at connect time (unix(7)).
int pk_peer_credentials(int fd, struct pk_peer *peer);

// MARK: processes

/// How a child ended: `code` is CLD_EXITED, CLD_KILLED or CLD_DUMPED; `status` the exit status or the signal.
struct pk_exit {
    pid_t pid;
    int code;
    int status;
};

static const int PK_CLD_EXITED = 1;
static const int PK_CLD_KILLED = 2;
static const int PK_CLD_DUMPED = 3;

int pk_pidfd_open(pid_t pid);
int pk_pidfd_send_signal(int pidfd, int signal);
/// waitid(P_PIDFD, WEXITED). Returns 1 and fills `exit` when the child ended, 0 when `block` is false and it still runs.
/// With `reap` false the child stays waitable (WNOWAIT).
int pk_pidfd_wait(int pidfd, bool block, bool reap, struct pk_exit *exit);
/// The same for any child (P_ALL), never blocking; -ECHILD when there is none.
int pk_wait_any(bool reap, struct pk_exit *exit);

/// Waits for one child and reaps it; -ECHILD where it is none of ours.
int pk_wait_child(pid_t pid, struct pk_exit *exit);

/// POSIX_SPAWN_SETSID: the new process leads a session of its own (posix_spawn(3)).
static const short PK_SPAWN_SETSID = 0x80;
/// The GNU additions to posix_spawn(3): the new process closes every descriptor from `first` on, starts in `path`.
int pk_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first);
int pk_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path);

/// prctl(PR_SET_DUMPABLE): false keeps others of the same uid out of /proc/PID/mem and ptrace.
int pk_set_dumpable(bool dumpable);
/// prctl(PR_SET_PDEATHSIG): the signal arrives when the *thread* that made this process ends (prctl(2)).
int pk_set_parent_death_signal(int signal);
int pk_set_child_subreaper(bool enabled);
int pk_set_no_new_privileges(void);
/// Closes (or, with `cloexec_only`, marks close-on-exec) all descriptors from `first` to `last`, both included.
int pk_close_range(unsigned int first, unsigned int last, bool cloexec_only);

/// Names the calling thread for ps and debuggers; at most 15 bytes.
int pk_name_thread(const char *name);

// MARK: terminals (pty(7))

/// A new terminal's master, non-blocking; `name` gets the path of its other end.
int pk_terminal_open(char *name, size_t capacity);
int pk_terminal_resize(int master, unsigned short columns, unsigned short rows);
/// The process group in the terminal's foreground.
int pk_terminal_foreground(int master);

// MARK: signals

struct pk_signal {
    int signal;
    pid_t sender_pid;
    uid_t sender_uid;
};

/// Blocks the signals in the calling thread and in the threads it makes from now on (pthread_sigmask(3)).
int pk_signals_block(const int *signals, size_t count);
/// Empties the calling thread's signal mask.
int pk_signals_unblock_all(void);
/// Waits for one of the blocked signals (sigtimedwait(2)); `timeout` in milliseconds, -1 for ever.
/// Returns 1, or 0 when the time is over.
int pk_signals_wait(const int *signals, size_t count, int timeout, struct pk_signal *received);
/// SIG_IGN for SIGPIPE in the whole process.
int pk_ignore_sigpipe(void);

// MARK: files

/// Makes the file where there is none, locks it for one alone (flock(2)) and returns the descriptor that holds the lock
/// until it is closed; -EWOULDBLOCK while another one does. Whoever holds it may remove the file: a lock on a file that
/// is no longer the one at `path` is never returned.
int pk_lock_file(const char *path);
/// renameat2(2) with RENAME_NOREPLACE: -EEXIST where there is something at `to`, -EINVAL where the file system cannot
/// tell in one step.
int pk_rename_new(int from_directory, const char *from, int to_directory, const char *to);
/// For a descriptor that a library made without O_CLOEXEC.
int pk_set_cloexec(int fd);

#endif

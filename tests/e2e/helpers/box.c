// SPDX-License-Identifier: MIT
// The programs the end-to-end tests run under pidone, in one static file: `box VERB [ARG...]`.
// Lines go to stdout with write(2), one call a line, so several processes may share a pipe.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef unsigned long long mask_t;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    line[length++] = '\n';
    if (write(1, line, (size_t)length) < 0) _exit(119);
}

static void set_mask(mask_t mask) { syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8); }

static void nap(double seconds) {
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) && errno == EINTR) continue;
}

static void rest(void) {
    while (pause()) continue;
}

// Raw system calls: glibc's own wrappers hide signals 32 and 33.
static int send_raw(pid_t pid, int sig) { return (int)syscall(SYS_kill, pid, sig); }

// siglog [-f] [-q] [SIG...]: logs each signal as "sig N code C value V"; ends with 0 after any SIG listed.
// -f forks a child which does the same; -q receives nothing before USR2 came.
static int siglog(char **args) {
    int gated = 0;
    set_mask(~0ULL);
    for (; *args && **args == '-'; args++) {
        if (!strcmp(*args, "-f")) (void)!fork();
        if (!strcmp(*args, "-q")) gated = 1;
    }
    say("ready %d", getpid());
    if (gated) {
        mask_t go = 1ULL << (SIGUSR2 - 1);
        siginfo_t info;
        syscall(SYS_rt_sigtimedwait, &go, &info, NULL, 8);
    }
    int ended = 0;
    while (!ended) {
        mask_t all = ~0ULL;
        siginfo_t info;
        if (syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8) < 0) continue;
        if (info.si_signo == SIGCHLD) continue;
        say("pid %d sig %d code %d value %d", getpid(), info.si_signo, info.si_code,
            info.si_code == SI_QUEUE ? info.si_value.sival_int : 0);
        for (char **end = args; *end; end++)
            if (atoi(*end) == info.si_signo) ended = 1;
    }
    return 0;
}

static int die_by(char **args) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    set_mask(0);
    send_raw(getpid(), atoi(args[0]));
    nap(5);
    return 118;
}

// stubborn SIG...: ignores the signals named, says so, and stays.
static int stubborn(char **args) {
    for (; *args; args++) signal(atoi(*args), SIG_IGN);
    say("ready %d", getpid());
    rest();
    return 0;
}

// state: what was inherited, as seen by system calls alone.
static int state(void) {
    mask_t blocked = 0, ignored = 0;
    char fds[512] = "";
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &blocked, 8);
    for (int sig = 1; sig < 65; sig++) {
        struct { void *handler; unsigned long flags; void *restorer; mask_t mask; } action;
        if (!syscall(SYS_rt_sigaction, sig, NULL, &action, 8) && action.handler == (void *)SIG_IGN)
            ignored |= 1ULL << (sig - 1);
    }
    for (int fd = 0; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0) sprintf(fds + strlen(fds), "%s%d", *fds ? "," : "", fd);
    const char *listen = getenv("LISTEN_PID");
    say("pid=%d ppid=%d sid=%d pgrp=%d blocked=%llx ignored=%llx fds=%s listen_pid=%s", getpid(),
        getppid(), getsid(0), getpgrp(), blocked, ignored, fds, listen ? listen : "");
    return 0;
}

// orphans N: N grandchildren that outlive their parents by a moment.
static int orphans(char **args) {
    for (int left = atoi(args[0]); left > 0; left--) {
        pid_t child = fork();
        if (child < 0) return 117;
        if (child == 0) {
            (void)!fork();
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
    say("done");
    if (args[1]) rest();
    return 0;
}

static void term_note(int sig) {
    (void)sig;
    const char *path = getenv("BOX_NOTE");
    nap(0.2);
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;
    if (fd >= 0 && write(fd, "term\n", 5) == 5) _exit(0);
    _exit(116);
}

// The descendant of `family`: ignores TERM ("stubborn"), dies of it, or notes it 200 ms later.
static void descend(const char *manner) {
    if (!strcmp(manner, "stubborn")) signal(SIGTERM, SIG_IGN);
    if (!strcmp(manner, "note")) signal(SIGTERM, term_note);
    say("descendant %d", getpid());
    rest();
}

// family KIND MANNER [EXIT]: a main process with one descendant; KIND is child, double (double
// fork), group (own process group), setsid (double fork and own session) or zombie (unreaped).
static int family(char **args) {
    const char *kind = args[0], *manner = args[1];
    pid_t child = fork();
    if (child == 0) {
        if (!strcmp(kind, "zombie")) _exit(0);
        if (!strcmp(kind, "group")) setpgid(0, 0);
        if (!strcmp(kind, "setsid")) setsid();
        if ((!strcmp(kind, "setsid") || !strcmp(kind, "double")) && fork() > 0) _exit(0);
        descend(manner);
    }
    if (!strcmp(kind, "setsid") || !strcmp(kind, "double")) waitpid(child, NULL, 0);
    if (!strcmp(kind, "zombie")) {
        siginfo_t info;
        waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    }
    say("ready %d", getpid());
    if (args[2]) {
        nap(0.2);
        return atoi(args[2]);
    }
    rest();
    return 0;
}

// Waits until the manager has read what was sent, as sd_notify_barrier(3) does: only then may a
// short-lived sender end without the manager finding nobody behind its pid.
static void barrier(int fd, struct sockaddr_un *to, socklen_t size) {
    int ends[2];
    if (pipe(ends)) return;
    char text[] = "BARRIER=1", control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec data = {text, strlen(text)};
    struct msghdr message = {.msg_name = to, .msg_namelen = size, .msg_iov = &data, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &ends[1], sizeof(int));
    ssize_t sent = sendmsg(fd, &message, 0);
    close(ends[1]);
    struct pollfd closed = {ends[0], 0, 0};
    if (sent >= 0) poll(&closed, 1, 3000);
    close(ends[0]);
}

static int notify_text(const char *text) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path) return 115;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    memcpy(to.sun_path, path, length);
    if (*path == '@') to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, size);
    int error = errno;
    if (sent >= 0) barrier(fd, &to, size);
    close(fd);
    if (sent < 0) fprintf(stderr, "box: notify: %s\n", strerror(error));
    return sent < 0 ? 114 : 0;
}

// notify main|child TEXT [STAY]: the process itself or a child of its own sends TEXT.
static int notify(char **args) {
    if (!strcmp(args[0], "child")) {
        pid_t child = fork();
        if (child == 0) _exit(notify_text(args[1]));
        waitpid(child, NULL, 0);
    } else if (notify_text(args[1])) {
        return 114;
    }
    say("sent %s", args[1]);
    if (args[2]) rest();
    return 0;
}

static int serve_socket(char **args) {
    int fd;
    if (!strcmp(args[0], "unix")) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        strncpy(at.sun_path, args[1], sizeof at.sun_path - 1);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (bind(fd, (struct sockaddr *)&at, sizeof at)) _exit(113);
    } else {
        int on = 1;
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[1]))};
        fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&at, sizeof at)) _exit(113);
    }
    if (listen(fd, 16)) _exit(113);
    return fd;
}

// listen unix PATH | tcp PORT [DELAY] | http PORT STATUS: a server of each kind of readiness.
static int serve(char **args) {
    if (!strcmp(args[0], "tcp") && args[2]) nap(atof(args[2]));
    int fd = serve_socket(args);
    say("listening");
    while (fd >= 0) {
        int client = accept(fd, NULL, NULL);
        if (client < 0) continue;
        if (!strcmp(args[0], "http")) {
            char request[2048], reply[128];
            if (read(client, request, sizeof request) > 0) {
                int size = snprintf(reply, sizeof reply,
                                    "HTTP/1.1 %s X\r\nContent-Length: 2\r\n\r\nok", args[2]);
                (void)!write(client, reply, (size_t)size);
            }
        }
        close(client);
    }
    return 0;
}

// answer [nonblock]: says what sd_listen_fds(3) would find, then answers each connection to
// descriptor 3 with its own pid.
static int answer(char **args) {
    const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID"), *names = getenv("LISTEN_FDNAMES");
    int flags = fcntl(3, F_GETFL), other = fcntl(4, F_GETFL);
    say("answering %d fds %s mine %d names %s blocking %d %d", getpid(), fds ? fds : "-",
        pid && atoi(pid) == getpid(), names ? names : "-", flags < 0 ? -1 : !(flags & O_NONBLOCK),
        other < 0 ? -1 : !(other & O_NONBLOCK));
    if (flags < 0) return 113;
    if (args[0]) fcntl(3, F_SETFL, flags | O_NONBLOCK);
    int client = 0;
    while (client >= 0 || errno == EAGAIN || errno == EINTR) {
        struct pollfd wanted = {3, POLLIN, 0};
        poll(&wanted, 1, -1);
        client = accept(3, NULL, NULL);
        if (client < 0) continue;
        dprintf(client, "%d\n", getpid());
        close(client);
    }
    return 113;
}

// flood PORT BYTES: queues BYTES for one client in the socket's buffer and exits at once.
static int flood(char **args) {
    int size = atoi(args[1]) * 2, client, fd = serve_socket((char *[]){"tcp", args[0], NULL});
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    say("listening");
    client = accept(fd, NULL, NULL);
    setsockopt(client, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    char *data = calloc(1, (size_t)atoi(args[1]));
    ssize_t sent = send(client, data, (size_t)atoi(args[1]), MSG_DONTWAIT);
    say("queued %zd", sent);
    return 0;
}

// hold CMD...: a parent for CMD which TERM kills, while this process stays to keep the tree alive.
static volatile pid_t held;
static void kill_held(int sig) {
    (void)sig;
    kill(held, SIGKILL);
}
static int hold(char **args) {
    // Before the fork: the test's TERM must not come too early. The child's own is the default again.
    signal(SIGTERM, kill_held);
    held = fork();
    if (held == 0) {
        signal(SIGTERM, SIG_DFL);
        if (fork() == 0) {
            execvp(args[0], args);
            _exit(121);
        }
        rest();
    }
    rest();
    return 0;
}

// as-root FILE CODE: (set-user-id) becomes another user's process until FILE exists.
static int as_root(char **args) {
    if (setresuid(0, 0, 0)) return 112;
    signal(SIGTERM, SIG_IGN);
    say("ready %d", getpid());
    while (access(args[0], F_OK)) nap(0.02);
    return atoi(args[1]);
}

static int hog(char **args) {
    size_t size = (size_t)atol(args[0]) << 20;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t at = 0; at < size; at += 4096) memory[at] = 1;
    rest();
    return 0;
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    char **args = argv + 2;
    if (!strcmp(verb, "exit")) return atoi(args[0]);
    if (!strcmp(verb, "die")) return die_by(args);
    if (!strcmp(verb, "siglog")) return siglog(args);
    if (!strcmp(verb, "stubborn")) return stubborn(args);
    if (!strcmp(verb, "state")) return state();
    if (!strcmp(verb, "orphans")) return orphans(args);
    if (!strcmp(verb, "family")) return family(args);
    if (!strcmp(verb, "notify")) return notify(args);
    if (!strcmp(verb, "listen")) return serve(args);
    if (!strcmp(verb, "answer")) return answer(args);
    if (!strcmp(verb, "flood")) return flood(args);
    if (!strcmp(verb, "hold")) return hold(args);
    if (!strcmp(verb, "as-root")) return as_root(args);
    if (!strcmp(verb, "hog")) return hog(args);
    if (!strcmp(verb, "sleep")) {
        say("ready %d", getpid());
        nap(atof(args[0]));
        return 0;
    }
    fprintf(stderr, "box: unknown verb '%s'\n", verb);
    return 111;
}

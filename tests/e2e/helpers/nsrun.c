// SPDX-License-Identifier: MIT
// Starts a program as PID 1 (or, with --plain, as the child of a tiny init) of a new PID and mount
// namespace, prepares the odd process states the tests need, and reports on the --info descriptor:
// "pid N" (as seen from outside) once the program is about to be executed, then "exit N" or "sig N".
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MaxItems = 16 };

static struct {
    int info, gate, tty, plain, net, ro_root, no_proc, foreign_proc, no_caps, race;
    long uid, gid;
    const char *bind[MaxItems], *ro[MaxItems], *deny[MaxItems], *rlimit[MaxItems];
    int binds, ros, denies, rlimits;
    const char *groups, *block, *ignore, *pending, *close, *argv0, *cgroup, *chdir;
} o = {.info = -1, .gate = -1, .tty = -1, .uid = -1, .gid = -1};

static void die(const char *what) {
    fprintf(stderr, "nsrun: %s: %s\n", what, strerror(errno));
    _exit(120);
}

static void report(const char *word, int value) {
    char line[64];
    int length = snprintf(line, sizeof line, "%s %d\n", word, value);
    if (write(o.info, line, (size_t)length) < 0) _exit(120);
}

// Calls `apply` for every number in a comma-separated list.
static void each(const char *list, void (*apply)(int)) {
    while (list && *list) {
        apply(atoi(list));
        list = strchr(list, ',');
        if (list) list++;
    }
}

static gid_t groups[8];
static size_t group_count;
static void add_group(int gid) { if (group_count < 8) groups[group_count++] = (gid_t)gid; }
static unsigned long long mask_of;
static void add_to_mask(int sig) { mask_of |= 1ULL << (sig - 1); }

// glibc's signal() leaves out 32 and 33, which it keeps for its threads; some runners hand them on ignored.
static void set_handler(int sig, void (*handler)(int)) {
    struct { void (*handler)(int); unsigned long flags; void *restorer; unsigned long long mask; } action = {handler, 0, NULL, 0};
    syscall(SYS_rt_sigaction, sig, &action, NULL, sizeof action.mask);
}
static void ignore_one(int sig) { set_handler(sig, SIG_IGN); }
static void close_one(int fd) { close(fd); }

static void mounts(void) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) die("make / private");
    if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")) die("mount /run");
    for (int i = 0; i < o.binds; i++) {
        char *from = strdup(o.bind[i]), *to = strchr(from, ':');
        *to++ = 0;
        if (mount(from, to, NULL, MS_BIND, NULL)) die(to);
    }
    if (o.ro_root) {
        if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) die("remount / ro");
    }
    for (int i = 0; i < o.ros; i++) {
        if (mount(o.ro[i], o.ro[i], NULL, MS_BIND, NULL)) die(o.ro[i]);
        if (mount(NULL, o.ro[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL)) die(o.ro[i]);
    }
    if (o.no_proc) {
        if (mount("tmpfs", "/proc", "tmpfs", MS_RDONLY, NULL)) die("hide /proc");
    } else if (!o.foreign_proc && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
        die("mount /proc");
    }
}

static void loopback_up(void) {
    struct ifreq request = {0};
    strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request)) die("lo up");
    close(fd);
}

static void limits(void) {
    static const struct { const char *name; int id; } known[] = {
        {"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE}, {"nproc", RLIMIT_NPROC}};
    for (int i = 0; i < o.rlimits; i++)
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            size_t length = strlen(known[k].name);
            if (strncmp(o.rlimit[i], known[k].name, length)) continue;
            unsigned long soft = 0, hard = 0;
            if (sscanf(o.rlimit[i] + length, "=%lu:%lu", &soft, &hard) < 2) hard = soft;
            struct rlimit value = {soft, hard};
            if (setrlimit(known[k].id, &value)) die(o.rlimit[i]);
        }
}

// Makes one system call fail with the given errno: "pidfd_open:38". "shared:22" is clone without
// what makes a thread or a vfork of it.
static void deny(const char *rule) {
    static const struct { const char *name; int number; } known[] = {
        {"pidfd_open", SYS_pidfd_open}, {"pidfd_send_signal", SYS_pidfd_send_signal},
        {"clone3", SYS_clone3},         {"close_range", SYS_close_range},
        {"tee", SYS_tee},               {"setgroups", SYS_setgroups},
        {"shared", SYS_clone}};
    int error = atoi(strchr(rule, ':') + 1);
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        if (strncmp(rule, known[k].name, strcspn(rule, ":")) ||
            known[k].name[strcspn(rule, ":")]) continue;
        int any = strncmp(rule, "shared", 6) != 0;
        struct sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
            BPF_STMT(BPF_ALU | BPF_AND | BPF_K, any ? 0 : CLONE_VM | CLONE_THREAD | CLONE_VFORK),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, any ? 0 : CLONE_VM, 0, 3),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)known[k].number, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & 0xffff)),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
        struct sock_fprog program = {sizeof code / sizeof code[0], code};
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) die("seccomp");
        return;
    }
    errno = EINVAL;
    die(rule);
}

static void drop_capabilities(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}, {0}};
    if (syscall(SYS_capset, &head, none)) die("capset");
}

static void identity(void) {
    if (o.gid >= 0) {
        if (setresgid((gid_t)o.gid, (gid_t)o.gid, (gid_t)o.gid)) die("gid");
    }
    for (int cap = 0; o.no_caps && cap < 64; cap++) prctl(PR_CAPBSET_DROP, cap);
    if (o.uid >= 0 && setresuid((uid_t)o.uid, (uid_t)o.uid, (uid_t)o.uid)) die("uid");
    if (o.no_caps) drop_capabilities();
    prctl(PR_SET_DUMPABLE, 1);
}

static void signals(void) {
    for (int sig = 1; sig < 65; sig++) {
        if (sig != SIGKILL && sig != SIGSTOP) set_handler(sig, SIG_DFL);
    }
    each(o.ignore, ignore_one);
    mask_of = 0;
    each(o.block, add_to_mask);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask_of, NULL, 8);
    if (o.pending) syscall(SYS_kill, getpid(), atoi(o.pending));
}

static void become(char **argv, int ready) {
    if (o.tty >= 0 && o.plain) {
        signal(SIGTTOU, SIG_IGN);
        setpgid(0, 0);
        tcsetpgrp(o.tty, getpid());
        signal(SIGTTOU, SIG_DFL);
    }
    if (o.gate >= 0) {
        char byte;
        if (read(o.gate, &byte, 1) != 1) _exit(120);
        close(o.gate);
    }
    if (o.chdir && chdir(o.chdir)) die(o.chdir);
    limits();
    if (o.gid >= 0 && setgroups(0, NULL)) die("groups");
    if (o.groups) {
        each(o.groups, add_group);
        if (setgroups(group_count, groups)) die("groups");
    }
    for (int i = 0; i < o.denies; i++) deny(o.deny[i]);
    identity();
    signals();  // before anybody knows our pid: init drops what it neither blocks nor handles
    if (write(ready, "x", 1) != 1) die("ready");
    close(ready);
    if (o.info >= 0) close(o.info);
    if (o.tty > 2) close(o.tty);
    each(o.close, close_one);
    const char *file = argv[0];
    if (o.argv0) argv[0] = (char *)o.argv0;
    execvp(file, argv);
    _exit(121);
}

static int wait_for(pid_t child) {
    int status;
    pid_t got;
    while ((got = waitpid(-1, &status, 0)) != child)
        if (got < 0 && errno != EINTR) return -1;
    return status;
}

static int inner(char **argv, int ready) {
    mounts();
    if (o.net) loopback_up();
    if (o.tty >= 0) {
        setsid();
        if (ioctl(o.tty, TIOCSCTTY, 0)) die("controlling terminal");
    }
    if (!o.plain) become(argv, ready);
    for (int sig = 1; sig < 32; sig++) {
        if (sig != SIGCHLD) signal(sig, SIG_IGN);
    }
    pid_t child = fork();
    if (child == 0) become(argv, ready);
    close(ready);
    int status = wait_for(child);
    if (WIFEXITED(status)) report("exit", WEXITSTATUS(status));
    else report("sig", WTERMSIG(status));
    _exit(0);
}

// The kernel translates the sender's pid into our namespace.
static pid_t pid_of_sender(int socket) {
    char byte, control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, 0) != 1) return -1;
    struct ucred who;
    memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof who);
    return who.pid;
}

// Sends a signal the moment the program has its first child.
static void race(pid_t pid) {
    char path[64], first;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0) {
        ssize_t got = pread(fd, &first, 1, 0);
        if (got < 0) return;
        if (got == 1) break;
    }
    kill(pid, o.race);
}

static void join_cgroup(void) {
    char path[512], self[16];
    snprintf(path, sizeof path, "%s/cgroup.procs", o.cgroup);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    snprintf(self, sizeof self, "%d", getpid());
    if (fd < 0 || write(fd, self, strlen(self)) < 0) die(path);
    close(fd);
}

static char **parse(int argc, char **argv) {
    static const struct option known[] = {
        {"info", 1, 0, 'i'},     {"gate", 1, 0, 'g'},    {"tty", 1, 0, 't'},
        {"plain", 0, 0, 'p'},    {"net", 0, 0, 'n'},     {"ro-root", 0, 0, 'r'},
        {"no-proc", 0, 0, 'P'},  {"no-caps", 0, 0, 'C'}, {"race", 1, 0, 'R'},
        {"uid", 1, 0, 'u'},      {"gid", 1, 0, 'G'},     {"bind", 1, 0, 'b'},
        {"groups", 1, 0, 'S'},
        {"ro", 1, 0, 'o'},       {"deny", 1, 0, 'd'},    {"rlimit", 1, 0, 'l'},
        {"block", 1, 0, 'B'},    {"ignore", 1, 0, 'I'},  {"pending", 1, 0, 'E'},
        {"close", 1, 0, 'c'},    {"argv0", 1, 0, 'a'},   {"cgroup", 1, 0, 'q'},
        {"chdir", 1, 0, 'w'},    {"foreign-proc", 0, 0, 'F'}, {0, 0, 0, 0}};
    for (int c; (c = getopt_long(argc, argv, "+", known, NULL)) != -1;) switch (c) {
        case 'i': o.info = atoi(optarg); break;
        case 'g': o.gate = atoi(optarg); break;
        case 't': o.tty = atoi(optarg); break;
        case 'p': o.plain = 1; break;
        case 'n': o.net = 1; break;
        case 'r': o.ro_root = 1; break;
        case 'P': o.no_proc = 1; break;
        case 'F': o.foreign_proc = 1; break;  // the outer namespace's
        case 'C': o.no_caps = 1; break;
        case 'R': o.race = atoi(optarg); break;
        case 'u': o.uid = atol(optarg); break;
        case 'S': o.groups = optarg; break;
        case 'G': o.gid = atol(optarg); break;
        case 'b': o.bind[o.binds++ % MaxItems] = optarg; break;
        case 'o': o.ro[o.ros++ % MaxItems] = optarg; break;
        case 'd': o.deny[o.denies++ % MaxItems] = optarg; break;
        case 'l': o.rlimit[o.rlimits++ % MaxItems] = optarg; break;
        case 'B': o.block = optarg; break;
        case 'I': o.ignore = optarg; break;
        case 'E': o.pending = optarg; break;
        case 'c': o.close = optarg; break;
        case 'a': o.argv0 = optarg; break;
        case 'q': o.cgroup = optarg; break;
        case 'w': o.chdir = optarg; break;
        default: _exit(120);
    }
    return argv + optind;
}

int main(int argc, char **argv) {
    char **program = parse(argc, argv);
    int pair[2], on = 1;
    if (o.cgroup) join_cgroup();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) die("socketpair");
    setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    unsigned long flags = CLONE_NEWPID | CLONE_NEWNS | (o.net ? CLONE_NEWNET : 0) | SIGCHLD;
    pid_t init = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
    if (init < 0) die("clone");
    if (init == 0) {
        close(pair[0]);
        inner(program, pair[1]);
    }
    close(pair[1]);
    report("init", init);
    if (o.tty >= 0) close(o.tty);
    pid_t target = pid_of_sender(pair[0]);
    close(0), close(1), close(2);
    report("pid", target);
    if (o.race) race(target);
    int status = wait_for(init);
    if (o.plain) return 0;
    if (WIFEXITED(status)) report("exit", WEXITSTATUS(status));
    else report("sig", WTERMSIG(status));
    return 0;
}

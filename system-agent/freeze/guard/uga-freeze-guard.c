/*
 * The guard of a freeze: a small process beside the system agent that thaws when the agent cannot.
 *
 * It holds descriptors of the file systems that are frozen, and a timer. It thaws when the lease ends, and at once when
 * the agent's end of the socket closes, however the agent died. Memory is locked and nothing is logged: it runs while
 * every disk stands still. docs/decisions/0022-freeze-is-a-lease.md has the reasons.
 *
 * Descriptor 3 is a listening socket of systemd's (LISTEN_FDS=1), or else connected already. One agent is served, and its
 * end is the guard's. Messages are `struct message`, 8 bytes; a descriptor may travel with one.
 *
 *   agent to guard                                   guard to agent
 *   O  the folder of the record (descriptor)         o  taken
 *   L  the lease ends in `value` seconds             l  set
 *   M  a file system that will be frozen (desc.)     m  held; the agent may freeze it now
 *   D  all is thawed, or nothing was frozen          d  forgotten
 *                                                    E  the lease has ended: the guard thaws, and obeys D only
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FIRST_FD = 3, MAX_MOUNTS = 512, MAX_DEPTH = 64, RETRY_NS = 100 * 1000 * 1000 };

struct message {
    char operation;
    char unused[3];
    uint32_t value;
};

/* FROZEN: a lease runs. ENDING: it has ended, and a freeze that was under way then may still complete. */
static enum { IDLE, FROZEN, ENDING } state = IDLE;
static int mounts[MAX_MOUNTS];
static unsigned mount_count;
static int folder = -1;
static int timer = -1;

/*
 * Where a disk does not answer, the thaw of its file system may hang, and nothing can end that. Threads, made at the start
 * because memory can be had only then, thaw one after the other; who hangs is left behind, so that the others are thawed.
 */
enum { WORKERS = 8, STACK_SIZE = 64 * 1024, PATIENCE_MS = 1000 };
static struct worker {
    int ask;
    int done;
    int fd;
    int busy;
} workers[WORKERS];

static void signal_event(int event)
{
    uint64_t one = 1;
    while (write(event, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void await_event(int event)
{
    uint64_t count;
    while (read(event, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

/* A file system can be frozen more than once. */
static void thaw(int fd)
{
    int depth = 0;
    while (depth < MAX_DEPTH && ioctl(fd, FITHAW, 0) == 0)
        depth++;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (;;) {
        await_event(worker->ask);
        thaw(worker->fd);
        close(worker->fd);
        signal_event(worker->done);
    }
    return NULL;
}

static int start_workers(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, STACK_SIZE) != 0)
        return 0;
    for (struct worker *worker = workers; worker < workers + WORKERS; worker++) {
        worker->ask = eventfd(0, EFD_CLOEXEC);
        worker->done = eventfd(0, EFD_CLOEXEC);
        if (worker->ask < 0 || worker->done < 0 || pthread_create(&thread, &attributes, work, worker) != 0)
            return 0;
    }
    return 1;
}

/* Whether it is idle, or becomes so within the time. */
static int is_idle(struct worker *worker, int milliseconds)
{
    struct pollfd wait = { worker->done, POLLIN, 0 };
    if (worker->busy && poll(&wait, 1, milliseconds) == 1) {
        await_event(worker->done);
        worker->busy = 0;
    }
    return !worker->busy;
}

/* The first who is idle; the last is waited for. */
static struct worker *idle_worker(void)
{
    struct worker *worker = workers;
    while (worker < workers + WORKERS - 1 && !is_idle(worker, 0))
        worker++;
    while (!is_idle(worker, -1))
        ;
    return worker;
}

static void set_timer(time_t seconds, long nanoseconds, long again)
{
    struct itimerspec when = { .it_value = { seconds, nanoseconds }, .it_interval = { 0, again } };
    timerfd_settime(timer, 0, &when, NULL);
}

/* Outer file systems come last and are thawed first: what lies in a file of another cannot be thawed before that one. */
static void thaw_all(void)
{
    for (unsigned at = mount_count; at-- > 0;) {
        struct worker *worker = idle_worker();
        /* Its own descriptor: ours may be closed, and its number be another's, before the thaw comes back. */
        worker->fd = fcntl(mounts[at], F_DUPFD_CLOEXEC, 0);
        if (worker->fd < 0) {
            thaw(mounts[at]);
            continue;
        }
        worker->busy = 1;
        signal_event(worker->ask);
        is_idle(worker, PATIENCE_MS);
    }
}

/* The next thaw command tells its host what is written here. The folder is on a tmpfs, which cannot be frozen. */
static void record_end(const char *reason)
{
    int fd = folder < 0 ? -1 : openat(folder, "freeze.new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    int complete = dprintf(fd, "ended: %s\n", reason) > 0;
    close(fd);
    if (complete)
        renameat(folder, "freeze.new", folder, "freeze");
}

static void forget(void)
{
    set_timer(0, 0, 0);
    while (mount_count > 0)
        close(mounts[--mount_count]);
    state = IDLE;
}

static int answer(int agent, char operation, uint32_t value)
{
    struct message message = { .operation = operation, .value = value };
    return send(agent, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof message;
}

/* Takes `*fd` by setting it to -1. 0 when the agent has to be given up: it broke the protocol. */
static int obey(int agent, struct message message, int *fd)
{
    switch (message.operation) {
    case 'O':
        if (*fd < 0 || state != IDLE)
            return 0;
        if (folder >= 0)
            close(folder);
        folder = *fd;
        *fd = -1;
        return answer(agent, 'o', 0);
    case 'M':
        if (state == ENDING)
            return 1;
        if (*fd < 0 || state != FROZEN || mount_count == MAX_MOUNTS)
            return 0;
        mounts[mount_count++] = *fd;
        *fd = -1;
        return answer(agent, 'm', mount_count);
    case 'L':
        if (state == ENDING)
            return 1;
        if (message.value == 0)
            return 0;
        state = FROZEN;
        set_timer(message.value, 0, 0);
        return answer(agent, 'l', message.value);
    case 'D':
        forget();
        return answer(agent, 'd', 0);
    }
    return 0;
}

/* One message and its descriptor. 0 at the agent's end, or when it broke the protocol. */
static int listen_to(int agent)
{
    struct message message;
    struct iovec part = { &message, sizeof message };
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof(int))]; } control;
    struct msghdr request = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    ssize_t size = recvmsg(agent, &request, MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    int fd = -1;
    struct cmsghdr *head = CMSG_FIRSTHDR(&request);
    if (size > 0 && head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    int obeyed = size == sizeof message && obey(agent, message, &fd);
    if (fd >= 0)
        close(fd);
    return obeyed;
}

static void lease_ends(int agent)
{
    uint64_t expirations;
    if (read(timer, &expirations, sizeof expirations) < 0 || state == IDLE)
        return;
    if (state == FROZEN) {
        state = ENDING;
        record_end("the lease has ended");
        answer(agent, 'E', 0);
        /* A freeze that is under way completes behind the thaw: go on until the agent says that there is none. */
        set_timer(0, RETRY_NS, RETRY_NS);
    }
    thaw_all();
}

/* The kernel closes the agent's end after its last thread has ended, so no freeze is under way any more. */
static void agent_left(void)
{
    if (state == FROZEN)
        record_end("the agent died");
    thaw_all();
}

static int is_root(int agent)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(agent, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

int main(void)
{
    const char *passed = getenv("LISTEN_FDS");
    int listens = passed != NULL && strcmp(passed, "1") == 0;
    sigset_t all, ends;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    int signals = signalfd(-1, &ends, SFD_CLOEXEC);
    timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (signals < 0 || timer < 0 || chdir("/") != 0 || mlockall(MCL_CURRENT | MCL_FUTURE) != 0
        || !start_workers())
        return 1;
    int agent = listens ? accept4(FIRST_FD, NULL, NULL, SOCK_CLOEXEC) : FIRST_FD;
    if (agent < 0 || !is_root(agent))
        return 1;
    for (;;) {
        struct pollfd waits[] = { { agent, POLLIN, 0 }, { timer, POLLIN, 0 }, { signals, POLLIN, 0 } };
        /* Deaf to a polite end while anything may be frozen. */
        if (poll(waits, state == IDLE ? 3 : 2, -1) < 0)
            continue;
        if (waits[2].revents != 0)
            return 0;
        if (waits[1].revents != 0)
            lease_ends(agent);
        if (waits[0].revents != 0 && !listen_to(agent)) {
            agent_left();
            return 0;
        }
    }
}

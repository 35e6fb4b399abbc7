/*
 * pam_uga_cred: logs in who the host has logged in. Asks the greeter for the token that the agent has announced, shows it
 * to the agent, and sets user and password, which the modules after this one check. It authenticates nobody by itself.
 *
 * Prompt, socket and block are those of pam_ovirt_cred, so that either works with either agent. In a service file it is the
 * first line, and requisite: what follows would ask for a name, or take the token for a password.
 */
#define _GNU_SOURCE
#define PAM_SM_AUTH
#include "credentials.h"

#include <errno.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#ifndef CREDENTIAL_SOCKET
#define CREDENTIAL_SOCKET "/tmp/ovirt-cred-channel"
#endif

enum { ANSWER_SECONDS = 3, MAX_TOKEN = 64 };

/* The other side is root, or else somebody has taken the name to collect tokens. */
static int is_roots(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

/* The abstract name is as long as it is, without NULs after it. -1 with errno. */
static int connect_to_agent(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const size_t length = sizeof CREDENTIAL_SOCKET - 1;
    struct timeval patience = { .tv_sec = ANSWER_SECONDS };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    memcpy(address.sun_path + 1, CREDENTIAL_SOCKET, length);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) == 0) {
        errno = EPERM;
        if (is_roots(fd))
            return fd;
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static long milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int set_patience(int fd, long milliseconds)
{
    struct timeval patience = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };
    return milliseconds > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0;
}

/* All that comes until the other side closes; -1 when it does not in time, or it is too much. */
static ssize_t receive_all(int fd, unsigned char *into, size_t room)
{
    const long deadline = milliseconds_now() + ANSWER_SECONDS * 1000;
    size_t size = 0;
    while (size < room) {
        if (!set_patience(fd, deadline - milliseconds_now()))
            return -1;
        ssize_t count = recv(fd, into + size, room - size, 0);
        if (count == 0)
            return (ssize_t)size;
        if (count > 0)
            size += (size_t)count;
        else if (errno == ECONNRESET && size > 0)
            return (ssize_t)size;
        else if (errno != EINTR)
            return -1;
    }
    return -1;
}

static int fetch(pam_handle_t *pam, const char *token, struct credentials *credentials)
{
    unsigned char block[MAX_BLOCK + 1];
    ssize_t size = -1;
    int is_sound = 0;
    const size_t length = strlen(token);
    int fd = connect_to_agent();
    if (fd < 0) {
        pam_syslog(pam, LOG_ERR, "cannot reach the agent: %s", strerror(errno));
        return 0;
    }
    if (send(fd, token, length, MSG_NOSIGNAL) == (ssize_t)length)
        size = receive_all(fd, block, sizeof block);
    close(fd);
    if (size > 0)
        is_sound = parse_credentials(block, (size_t)size, credentials);
    pam_syslog(pam, LOG_INFO, is_sound ? "the agent has handed over a login" : "the agent does not take the token");
    explicit_bzero(block, sizeof block);
    return is_sound;
}

/* A domain of the host's need not be one of the guest's: cut off where the name without it is an account. */
static void cut_domain(char *user)
{
    char *at = strchr(user, '@');
    struct passwd entry, *found = NULL;
    char buffer[16384];
    if (at == NULL || at == user)
        return;
    *at = 0;
    if (getpwnam_r(user, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL)
        *at = '@';
    explicit_bzero(buffer, sizeof buffer);
}

static int set_items(pam_handle_t *pam, struct credentials *credentials)
{
    const void *preset = NULL;
    cut_domain(credentials->user);
    if (pam_get_item(pam, PAM_USER, &preset) != PAM_SUCCESS)
        return PAM_USER_UNKNOWN;
    if (preset != NULL && strcmp(preset, credentials->user) != 0) {
        /* A lock screen: nobody unlocks what is another's. */
        pam_syslog(pam, LOG_NOTICE, "the login is not for the user of this session");
        return PAM_CRED_UNAVAIL;
    }
    if (pam_set_item(pam, PAM_USER, credentials->user) != PAM_SUCCESS ||
        pam_set_item(pam, PAM_AUTHTOK, credentials->password) != PAM_SUCCESS)
        return PAM_USER_UNKNOWN;
    return PAM_SUCCESS;
}

PAM_EXTERN int pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    struct credentials credentials;
    char *token = NULL;
    int result = PAM_USER_UNKNOWN;
    (void)flags, (void)argc, (void)argv;
    if (pam_prompt(pam, PAM_PROMPT_ECHO_OFF, &token, "Token?") == PAM_SUCCESS && token != NULL) {
        size_t length = strnlen(token, MAX_TOKEN + 1);
        if (length > 0 && length <= MAX_TOKEN && fetch(pam, token, &credentials))
            result = set_items(pam, &credentials);
        explicit_bzero(token, strlen(token));
    }
    free(token);
    explicit_bzero(&credentials, sizeof credentials);
    return result;
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    (void)pam, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}

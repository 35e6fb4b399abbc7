/*
 * uga-pam-check: does PAM take a user's password, and may the account be used now? For lock screens that know no tokens.
 *
 * Reads a block of credentials.h from its stdin, to the end, and nothing from its arguments. Prints the user's id.
 * Exit code: 0 yes, 1 no, 2 it cannot be said. The PAM service is uga-pam-check.
 */
#define _GNU_SOURCE
#include "credentials.h"

#include <errno.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef START_PAM
#define START_PAM(user, conversation, pam) pam_start("uga-pam-check", user, conversation, pam)
#endif

enum { YES, NO, UNKNOWN, PATIENCE_SECONDS = 25 };

static struct credentials credentials;
static unsigned char block[MAX_BLOCK + 1];

static int read_credentials(void)
{
    size_t size = 0;
    while (size < sizeof block) {
        ssize_t count = read(STDIN_FILENO, block + size, sizeof block - size);
        if (count == 0)
            break;
        if (count > 0)
            size += (size_t)count;
        else if (errno != EINTR)
            return 0;
    }
    int is_sound = parse_credentials(block, size, &credentials);
    explicit_bzero(block, sizeof block);
    return is_sound;
}

static void wipe_answers(struct pam_response *answers, int count)
{
    for (int at = 0; at < count; at++) {
        if (answers[at].resp == NULL)
            continue;
        explicit_bzero(answers[at].resp, strlen(answers[at].resp));
        free(answers[at].resp);
    }
    free(answers);
}

/* The password for the one question that is not shown; whoever asks for more, as for a second factor, is not answered. */
static int answer(int count, const struct pam_message **messages, struct pam_response **responses, void *asked)
{
    struct pam_response *answers = count > 0 ? calloc((size_t)count, sizeof *answers) : NULL;
    if (answers == NULL)
        return PAM_CONV_ERR;
    for (int at = 0; at < count; at++) {
        int style = messages[at]->msg_style;
        if (style == PAM_ERROR_MSG || style == PAM_TEXT_INFO)
            continue;
        if (style == PAM_PROMPT_ECHO_OFF && !*(int *)asked)
            answers[at].resp = strdup(credentials.password);
        if (answers[at].resp == NULL) {
            wipe_answers(answers, count);
            return PAM_CONV_ERR;
        }
        *(int *)asked = 1;
    }
    *responses = answers;
    return PAM_SUCCESS;
}

/* Under the name that the modules know the user by in the end. */
static int print_uid(pam_handle_t *pam)
{
    const void *user = NULL;
    if (pam_get_item(pam, PAM_USER, &user) != PAM_SUCCESS || user == NULL)
        return UNKNOWN;
    const struct passwd *entry = getpwnam(user);
    if (entry == NULL || printf("%u\n", (unsigned)entry->pw_uid) < 0 || fflush(stdout) != 0)
        return UNKNOWN;
    return YES;
}

static int check(void)
{
    int asked = 0;
    struct pam_conv conversation = { answer, &asked };
    pam_handle_t *pam = NULL;
    if (START_PAM(credentials.user, &conversation, &pam) != PAM_SUCCESS)
        return UNKNOWN;
    int result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    if (result == PAM_SUCCESS)
        result = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    int verdict = result == PAM_SUCCESS ? print_uid(pam) : NO;
    if (result == PAM_SERVICE_ERR || result == PAM_SYSTEM_ERR || result == PAM_MODULE_UNKNOWN || result == PAM_ABORT)
        verdict = UNKNOWN;
    pam_end(pam, result);
    return verdict;
}

int main(int argc, char **argv)
{
    const struct rlimit none = { 0, 0 };
    (void)argv;
    if (argc > 1 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return UNKNOWN;
    alarm(PATIENCE_SECONDS);
    int verdict = read_credentials() ? check() : UNKNOWN;
    explicit_bzero(&credentials, sizeof credentials);
    return verdict;
}

/*
 * A greeter for tests: authenticates with a service file of a folder of the test's own, and says what was asked and what came of it.
 * Arguments: folder, service, user or "-", answer to questions that are not shown.
 */
#define _GNU_SOURCE
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int answer(int count, const struct pam_message **messages, struct pam_response **responses, void *text)
{
    struct pam_response *answers = calloc((size_t)count, sizeof *answers);
    for (int at = 0; at < count; at++) {
        printf("asked %d %s\n", messages[at]->msg_style, messages[at]->msg);
        if (messages[at]->msg_style == PAM_PROMPT_ECHO_OFF)
            answers[at].resp = strdup(text);
    }
    *responses = answers;
    return PAM_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    struct pam_conv conversation = { answer, argv[4] };
    pam_handle_t *pam = NULL;
    const char *user = strcmp(argv[3], "-") == 0 ? NULL : argv[3];
    const void *known = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (pam_start_confdir(argv[2], user, &conversation, argv[1], &pam) != PAM_SUCCESS)
        return 2;
    int result = pam_authenticate(pam, PAM_SILENT);
    printf("result %s\n", pam_strerror(pam, result));
    if (pam_get_item(pam, PAM_USER, &known) == PAM_SUCCESS && known != NULL)
        printf("user %s\n", (const char *)known);
    pam_end(pam, result);
    return 0;
}

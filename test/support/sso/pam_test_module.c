/*
 * The modules that follow in tests. Arguments: `show` prints the password that an earlier module has set; `password=X` takes X
 * alone, asking for it if need be; `expired` is an account that may not be used now; `other=X` says that the user is another.
 */
#define _GNU_SOURCE
#define PAM_SM_AUTH
#define PAM_SM_ACCOUNT
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <string.h>

PAM_EXTERN int pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    const char *password = NULL;
    const void *set = NULL;
    (void)flags;
    for (int at = 0; at < argc; at++) {
        if (strcmp(argv[at], "show") == 0 && pam_get_item(pam, PAM_AUTHTOK, &set) == PAM_SUCCESS && set != NULL)
            printf("password %s\n", (const char *)set);
        if (strncmp(argv[at], "other=", 6) == 0)
            pam_set_item(pam, PAM_USER, argv[at] + 6);
        if (strncmp(argv[at], "password=", 9) == 0 &&
            (pam_get_authtok(pam, PAM_AUTHTOK, &password, NULL) != PAM_SUCCESS || strcmp(password, argv[at] + 9) != 0))
            return PAM_AUTH_ERR;
    }
    return PAM_SUCCESS;
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    (void)pam, (void)flags, (void)argc, (void)argv;
    return PAM_SUCCESS;
}

PAM_EXTERN int pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    (void)pam, (void)flags;
    return argc > 0 && strcmp(argv[0], "expired") == 0 ? PAM_ACCT_EXPIRED : PAM_SUCCESS;
}

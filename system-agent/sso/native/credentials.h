/*
 * User and password as they travel between the agent and PAM: protocol/ovirt/credential-block.ts has the layout, which is
 * that of ovirt-guest-agent.
 */
#ifndef UGA_CREDENTIALS_H
#define UGA_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    LENGTH_BYTES = 4,
    MAX_USER = 256,
    MAX_PASSWORD = 511, /* PAM_MAX_RESP_SIZE with its NUL */
    MAX_BLOCK = LENGTH_BYTES + MAX_USER + MAX_PASSWORD + 1
};

struct credentials {
    char user[MAX_USER + 1];
    char password[MAX_PASSWORD + 1];
};

/* 1 when the block is whole and sound. The length in it is the other side's word and never believed. */
static int parse_credentials(const unsigned char *block, size_t size, struct credentials *result)
{
    if (size < LENGTH_BYTES + 1 || size > MAX_BLOCK)
        return 0;
    uint32_t user = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    if (user == 0 || user > MAX_USER || user > size - LENGTH_BYTES - 1)
        return 0;
    const unsigned char *name = block + LENGTH_BYTES;
    const unsigned char *password = name + user;
    const unsigned char *end = memchr(password, 0, size - LENGTH_BYTES - user);
    if (end == NULL || end == password || (size_t)(end - password) > MAX_PASSWORD || memchr(name, 0, user) != NULL)
        return 0;
    memcpy(result->user, name, user);
    result->user[user] = 0;
    memcpy(result->password, password, (size_t)(end - password) + 1);
    return 1;
}

#endif

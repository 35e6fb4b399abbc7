/* Blocks as whoever has the socket's name may send them. For libFuzzer, or by itself: number of rounds and a seed. */
#define _GNU_SOURCE
#include "../../../system-agent/sso/native/credentials.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    static struct credentials credentials;
    unsigned char *block = malloc(size == 0 ? 1 : size); /* as long as it is, so that every step beyond it is seen */
    memcpy(block, bytes, size);
    if (parse_credentials(block, size, &credentials)) {
        size_t user = strlen(credentials.user), password = strlen(credentials.password);
        if (user == 0 || user > MAX_USER || password == 0 || password > MAX_PASSWORD || LENGTH_BYTES + user + password + 1 > size)
            abort();
    }
    free(block);
    return 0;
}

#ifndef LIBFUZZER
int main(int argc, char **argv)
{
    static unsigned char block[MAX_BLOCK + 64];
    if (argc != 3)
        return 2;
    srand((unsigned)atoi(argv[2]));
    for (long round = atol(argv[1]); round > 0; round--) {
        size_t size = (size_t)rand() % (rand() % 4 == 0 ? sizeof block : 40);
        for (size_t at = 0; at < size; at++)
            block[at] = (unsigned char)(rand() % 3 == 0 ? rand() : 'a');
        if (rand() % 4 != 0)
            memset(block, 0, 3);
        if (rand() % 2 != 0)
            block[3] = (unsigned char)(rand() % 24);
        LLVMFuzzerTestOneInput(block, size);
    }
    return 0;
}
#endif

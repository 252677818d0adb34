/*
 * Counts, in one process, the OpenSSL calls that decide what nginx's configuration costs.
 *
 * memlint verify compiles it and loads it with LD_PRELOAD. When the program ends, one line goes
 * to the file that MEMLINT_COUNTS names:
 *
 *   visible contexts loads added
 *
 * visible is 0 if no shared library has these functions (they are inside nginx, and cannot be
 * counted). Calls from inside OpenSSL are not counted, only those of nginx and its modules. A load
 * is one, too, if a configuration command makes OpenSSL read a file of CAs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

static unsigned long contexts, loads, added;
static __thread int depth;

/* All of these take at most four words and return one. */
typedef void *(*word_function)(void *, void *, void *, void *);

#define COUNTED(name, counter)                                                \
    void *name(void *a, void *b, void *c, void *d)                            \
    {                                                                         \
        static word_function next;                                            \
        void *result;                                                         \
        if (next == NULL) {                                                   \
            next = (word_function) dlsym(RTLD_NEXT, #name);                   \
            if (next == NULL) {                                               \
                abort();                                                      \
            }                                                                 \
        }                                                                     \
        if (depth++ == 0) {                                                   \
            counter++;                                                        \
        }                                                                     \
        result = next(a, b, c, d);                                            \
        depth--;                                                              \
        return result;                                                        \
    }

COUNTED(SSL_CTX_new, contexts)
COUNTED(SSL_CTX_new_ex, contexts)
COUNTED(SSL_CTX_load_verify_locations, loads)
COUNTED(SSL_CTX_load_verify_file, loads)
COUNTED(X509_STORE_add_cert, added)

int SSL_CONF_cmd(void *context, const char *command, const char *value)
{
    static int (*next)(void *, const char *, const char *);
    int result;

    if (next == NULL) {
        next = (int (*)(void *, const char *, const char *)) dlsym(RTLD_NEXT, "SSL_CONF_cmd");
        if (next == NULL) {
            abort();
        }
    }
    if (depth++ == 0 && command != NULL
        && (strcasecmp(command, "VerifyCAFile") == 0 || strcasecmp(command, "ChainCAFile") == 0)) {
        loads++;
    }
    result = next(context, command, value);
    depth--;
    return result;
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("MEMLINT_COUNTS");
    char line[128];
    int fd, size;

    if (path == NULL || (fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0) {
        return;
    }
    size = snprintf(line, sizeof(line), "%d %lu %lu %lu\n",
                    dlsym(RTLD_NEXT, "SSL_CTX_new") != NULL, contexts, loads, added);
    (void) !write(fd, line, (size_t) size);
    close(fd);
}

/*
 * Counts the OpenSSL calls of nginx that decide what its configuration costs.
 *
 * Load with LD_PRELOAD. Every process appends one line of JSON, in one write, when it ends by
 * exit() or _exit(), to what the environment names when the program starts:
 *
 *   MEMLINT_SHIM_OUT   a file's path, or the number of an open file descriptor
 *   MEMLINT_SHIM_PROC  optional: the number of a descriptor open on /proc, for programs that
 *                      run in a root without it; the peak RSS is read there
 *   MEMLINT_SHIM_BOUND optional: if set, the program is terminated when its parent dies
 *   MEMLINT_SHIM_STOP  optional: if set, a forked child that has freed its memory stops itself when
 *                      it calls exit(), before an allocator gives back what it has, so that all
 *                      can be made to be there at once
 *
 * A forked child counts from zero, so that what nginx's workers add is told apart from what the
 * master did. A call is counted when nginx or one of its modules makes it, not when another
 * counted function does inside OpenSSL. The exception is X509_STORE_add_cert_inside: the
 * certificates that OpenSSL adds to a store while it loads a file. SSL_CONF_cmd counts only where
 * the command makes OpenSSL read a file of CAs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <unistd.h>

/* glibc 2.34 moved dlsym() to libc under a new version; the old one works on every glibc. */
#if defined(__GLIBC__) && defined(__x86_64__)
__asm__(".symver dlsym,dlsym@GLIBC_2.2.5");
#elif defined(__GLIBC__) && defined(__aarch64__)
__asm__(".symver dlsym,dlsym@GLIBC_2.17");
#endif

#define COUNTED(X)                      \
    X(SSL_CTX_new)                      \
    X(SSL_CTX_new_ex)                   \
    X(SSL_CTX_free)                     \
    X(SSL_CTX_load_verify_locations)    \
    X(SSL_CTX_load_verify_file)         \
    X(SSL_CTX_use_certificate)          \
    X(SSL_CTX_set_client_CA_list)       \
    X(SSL_load_client_CA_file)          \
    X(X509_STORE_add_cert)              \
    X(PEM_read_bio_X509)                \
    X(PEM_read_bio_X509_AUX)

enum {
#define X(name) COUNT_##name,
    COUNTED(X)
#undef X
    N_COUNTED
};

static const char *const names[N_COUNTED] = {
#define X(name) #name,
    COUNTED(X)
#undef X
};

static unsigned long counts[N_COUNTED];
static unsigned long added_inside;
static unsigned long ca_commands;
static __thread int depth; /* counted functions that are running in this thread */
static int out_fd = -1;
static int proc_fd = -1;
static int reported;
static int stops;
static int is_child;

static void count(int which)
{
    if (depth == 0) {
        __atomic_add_fetch(&counts[which], 1, __ATOMIC_RELAXED);
    } else if (which == COUNT_X509_STORE_add_cert) {
        __atomic_add_fetch(&added_inside, 1, __ATOMIC_RELAXED);
    }
}

/* All of the functions counted take at most four words and return one. */
typedef void *(*word_function)(void *, void *, void *, void *);

#define X(name)                                                               \
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
        count(COUNT_##name);                                                  \
        depth++;                                                              \
        result = next(a, b, c, d);                                            \
        depth--;                                                              \
        return result;                                                        \
    }
COUNTED(X)
#undef X

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
    if (depth == 0 && command != NULL
        && (strcasecmp(command, "VerifyCAFile") == 0 || strcasecmp(command, "ChainCAFile") == 0)) {
        __atomic_add_fetch(&ca_commands, 1, __ATOMIC_RELAXED);
    }
    depth++;
    result = next(context, command, value);
    depth--;
    return result;
}

static int number(const char *text)
{
    return (text != NULL && *text >= '0' && *text <= '9') ? atoi(text) : -1;
}

/* Peak resident memory in kB since exec; -1 if there is no /proc. The rusage that a parent gets
 * from wait4() is not the same: it starts from the parent's own size at vfork(). */
static long peak_rss_kb(void)
{
    char text[4096];
    const char *found;
    ssize_t size;
    int fd = proc_fd >= 0 ? openat(proc_fd, "self/status", O_RDONLY | O_CLOEXEC)
                          : open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (size <= 0) {
        return -1;
    }
    text[size] = '\0';
    found = strstr(text, "VmHWM:");
    return found != NULL ? atol(found + 6) : -1;
}

static void report(void)
{
    char line[1024];
    size_t used;
    int i;

    if (reported || out_fd < 0) {
        return;
    }
    reported = 1;
    used = (size_t) snprintf(line, sizeof(line), "{\"pid\":%ld,\"ppid\":%ld,\"hwm_kb\":%ld",
                             (long) getpid(), (long) getppid(), peak_rss_kb());
    for (i = 0; i < N_COUNTED; i++) {
        used += (size_t) snprintf(line + used, sizeof(line) - used, ",\"%s\":%lu", names[i],
                                  counts[i]);
    }
    used += (size_t) snprintf(line + used, sizeof(line) - used,
                              ",\"X509_STORE_add_cert_inside\":%lu,\"SSL_CONF_cmd\":%lu}\n",
                              added_inside, ca_commands);
    if (write(out_fd, line, used) != (ssize_t) used) {
        static const char lost[] = "memlint shim: cannot write its counts\n";
        (void) !write(STDERR_FILENO, lost, sizeof(lost) - 1);
    }
}

static void in_child(void)
{
    memset(counts, 0, sizeof(counts));
    added_inside = 0;
    ca_commands = 0;
    reported = 0;
    is_child = 1;
}

__attribute__((constructor)) static void start(void)
{
    const char *out = getenv("MEMLINT_SHIM_OUT");

    /* opened now: later, nginx's workers have neither the environment nor the rights */
    out_fd = number(out);
    if (out_fd < 0 && out != NULL) {
        out_fd = open(out, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    }
    proc_fd = number(getenv("MEMLINT_SHIM_PROC"));
    if (getenv("MEMLINT_SHIM_BOUND") != NULL) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    }
    stops = getenv("MEMLINT_SHIM_STOP") != NULL;
    pthread_atfork(NULL, NULL, in_child);
}

__attribute__((destructor)) static void finish(void)
{
    report();
}

void exit(int status)
{
    void (*next)(int) = (void (*)(int)) dlsym(RTLD_NEXT, "exit");

    if (stops && is_child) {
        raise(SIGSTOP);
    }
    next(status);
    __builtin_unreachable();
}

void _exit(int status)
{
    void (*next)(int) = (void (*)(int)) dlsym(RTLD_NEXT, "_exit");

    report();
    next(status);
    __builtin_unreachable();
}

void _Exit(int status)
{
    _exit(status);
}

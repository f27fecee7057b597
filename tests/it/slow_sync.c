/* Makes a disk slow: every fsync and fdatasync takes SLOW_SYNC_MS longer, and appends a byte to SLOW_SYNC_LOG when it
   has come back. Loaded into the server by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int slowly(const char *name, int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *wait = getenv("SLOW_SYNC_MS");
    const char *log = getenv("SLOW_SYNC_LOG");
    long ms = wait ? atol(wait) : 0;
    struct timespec time = {ms / 1000, (ms % 1000) * 1000000L};
    while (nanosleep(&time, &time) != 0) {
    }
    int outcome = real(file);
    int noted = log ? open(log, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
    if (noted >= 0) {
        if (write(noted, ".", 1) != 1) {
            outcome = -1;
        }
        close(noted);
    }
    return outcome;
}

int fsync(int file) { return slowly("fsync", file); }

int fdatasync(int file) { return slowly("fdatasync", file); }

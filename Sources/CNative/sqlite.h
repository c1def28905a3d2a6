// libsqlite3, as Debian packages it (3.40).
#pragma once
#include <sqlite3.h>
#include <sys/prctl.h>

// Variadic, which Swift can't import. Without memory statistics an allocation takes no process-wide lock; to be called before
// anything else.
static inline int sqlite_disable_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

// Whether root may give files away (CAP_CHOWN, capability 0), which containers and service managers can take from it. Variadic.
static inline int sqlite_may_change_owner(void) {
    return prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 1;
}

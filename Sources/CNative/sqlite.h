// libsqlite3, as Debian packages it (3.40).
#pragma once
#include <sqlite3.h>

// Variadic, which Swift can't import. Without memory statistics an allocation takes no process-wide lock; to be called before
// anything else.
static inline int sqlite_disable_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

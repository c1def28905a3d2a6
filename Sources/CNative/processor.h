// What C says to the processor and Swift has no word for.
#pragma once

/// Has the line of memory at `address` fetched into the cache, and goes on. Any address is allowed.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address); }

/* Shows ThreadSanitizer the locks that were contended. Linked into the tests for `make sanitize` only.

   `Synchronization.Mutex` is a futex on Linux. Its fast path is inlined into our code, where ThreadSanitizer sees the atomic
   operations. Its slow path is in the standard library, which is not instrumented: a contended lock looked like none, and
   what it protects like a data race. The linker takes the two functions of the slow path from here. They call the library's,
   and tell ThreadSanitizer that what one thread wrote before it unlocked is seen by the next that locks. */

#define _GNU_SOURCE
#include "contended_mutex.h"
#include <dlfcn.h>

/* LLVM, compiler-rt/include/sanitizer/tsan_interface.h */
void __tsan_acquire(void *address);
void __tsan_release(void *address);

typedef SWIFT void lock_function(uint32_t thread, SELF void *mutex);
typedef SWIFT void unlock_function(SELF void *mutex);

SWIFT void lock_slowly(uint32_t thread, SELF void *mutex) {
    ((lock_function *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void unlock_slowly(SELF void *mutex) {
    __tsan_release(mutex);
    ((unlock_function *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}

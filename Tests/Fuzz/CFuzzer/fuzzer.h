#include <stddef.h>
#include <stdint.h>

/* libFuzzer as a library (llvm.org/docs/LibFuzzer.html): calls `test` with one input after the other; never returns when
   it finds one that crashes. The compiler ships the archive, but no header for it. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *data, size_t size));

#include "build.h"

#ifndef SOURCE_COMMIT
#define SOURCE_COMMIT ""
#endif
#ifndef SOURCE_DATE
#define SOURCE_DATE ""
#endif

const char *sessiongate_commit(void) { return SOURCE_COMMIT; }
const char *sessiongate_date(void) { return SOURCE_DATE; }

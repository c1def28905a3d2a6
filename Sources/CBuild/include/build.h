// What the program was built from. `make` passes it to the compiler; see .ci/provenance.
#ifndef SESSIONGATE_BUILD_H
#define SESSIONGATE_BUILD_H

// The commit, with a + when files had changes that it has not; empty when unknown.
const char *sessiongate_commit(void);
// The commit's day (UTC), YYYY-MM-DD; empty when unknown.
const char *sessiongate_date(void);

#endif

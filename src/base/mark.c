#include "base/mark.h"

#ifdef ELEVEN_MARKS
u64 mark_counts[MARK_COUNT];
#endif

enum { MARK_KIND_SOMETIMES, MARK_KIND_FAULT };

const struct mark_info mark_infos[MARK_COUNT] = {
#define MARK_ROW(name, kind, meaning) {#name, meaning, MARK_KIND_##kind == MARK_KIND_FAULT},
#include "base/mark.def"
#undef MARK_ROW
};

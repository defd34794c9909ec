/*
 * Imports that came over HTTP: accepted with their file, rehearsed on the pool (exchange/rehearsal.h), written through
 * the desk a few commands a pass. One is worked on at a time; the others wait, in the order they came. The last
 * IMPORTS_KEPT are remembered until the server ends.
 *
 * All or nothing, as far as one can: nothing is written before all of the file went well in the rehearsal. Each command
 * is decided before the next is given, and when somebody else makes things in the catalogue between, what is left is
 * rehearsed again; a file that has been written in part is completed by that, or by importing it again.
 *
 * All but the rehearsal itself happens on the loop.
 */
#ifndef ELEVEN_DOOR_IMPORTS_H
#define ELEVEN_DOOR_IMPORTS_H

#include "base/buffer.h"
#include "base/emit.h"
#include "exchange/rehearsal.h"

struct server;
struct imports;

#define IMPORTS_KEPT 64
#define IMPORTS_PENDING_MAX 8           /* not finished: each holds its file, of at most ROUTE_FILE_MAX */
#define IMPORT_COMMANDS_MAX ((size_t)512 << 20) /* bytes of commands of one import */

/* STATE(NAME, "word") */
#define IMPORT_STATES(STATE)           \
    STATE(WAITING, "waiting")          \
    STATE(REHEARSING, "rehearsing")    \
    STATE(WRITING, "writing")          \
    STATE(DONE, "done")                \
    STATE(REFUSED, "refused")          \
    STATE(FAILED, "failed")
enum import_state {
#define STATE(NAME, word) IMPORT_STATE_##NAME,
    IMPORT_STATES(STATE)
#undef STATE
};

/* Settings that are texts: SETTING(name), as in struct import. */
#define IMPORT_SETTINGS(SETTING) SETTING(currency) SETTING(country) SETTING(seller) SETTING(location) SETTING(city)
#define IMPORT_SETTING_MAX 129

struct import_task {
    u64 id;                 /* ids grow over restarts */
    u32 account;            /* whose commands they are */
    u64 key[2];             /* the request's idempotency key */
    u64 print;              /* of file and settings */
    enum import_kind kind;
    bool check;             /* only say what would be done */
#define SETTING(name) char name[IMPORT_SETTING_MAX];
    IMPORT_SETTINGS(SETTING) /* empty: not given */
#undef SETTING
    struct buffer file;     /* until it is finished */

    enum import_state state;
    i64 accepted_ms, finished_ms;
    u64 rows;               /* of the file, without its header, as far as it is CSV */
    u32 tries;              /* rehearsals so far */
    bool running;           /* a rehearsal is, on the pool */
    bool asked;             /* a command is at the desk */
    u64 through;            /* what the rehearsal must have seen */
    struct rehearsal *rehearsal; /* the last one; NULL: none yet */
    struct stage_base base; /* the engine's, as the next command needs it */
    size_t at;              /* bytes of the commands that are written */
    u64 written;            /* commands, of all rehearsals */
    u64 total;              /* those, and what is left to be written */
    char reason[256];       /* why it failed */
    struct server *server;
};

struct imports *imports_open(struct server *server);
/* Rehearsals give up; none begins any more. */
void imports_stop(struct imports *imports);
/* No job is under way any more, and no turn. */
void imports_close(struct imports *imports);
/* One is being written: worth waiting for when the server stops. */
bool imports_writing(const struct imports *imports);

/* What became of a request to import. */
enum import_taken {
    IMPORT_TAKEN,
    IMPORT_TAKEN_BEFORE,    /* the same request, with the same key */
    IMPORT_KEY_CONFLICT,    /* another request with this key */
    IMPORT_BUSY,            /* too many are pending */
};
/* Takes the task, or frees it. *id: of it, or of the one taken before. */
enum import_taken imports_take(struct imports *imports, struct import_task *task, u64 *id);
void import_task_free(struct import_task *task);

/* NULL: there is none (any more). */
const struct import_task *imports_find(const struct imports *imports, u64 id);
/* Newest first, at most `max`; returns how many. */
size_t imports_list(const struct imports *imports, const struct import_task **tasks, size_t max);

/* An Import of schema_catalogue.def. */
void import_task_emit(struct emit *emit, const struct import_task *task);

#endif

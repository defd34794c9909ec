#include "door/imports.h"

#include "base/assert.h"
#include "door/job.h"
#include "door/server.h"
#include "door/turn.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define IMPORT_TRIES_MAX 5
#define IMPORT_STEP_COMMANDS 256u
#define IMPORT_STEP_NS 100000

struct imports {
    struct turn turn;       /* must be the first */
    struct server *server;
    bool turning;           /* the turn is under way */
    atomic_bool stopping;   /* read by rehearsals */
    u64 last_id;
    u32 count;
    struct import_task *tasks[IMPORTS_KEPT]; /* oldest first */
};

void import_task_free(struct import_task *task)
{
    buffer_free(&task->file);
    rehearsal_free(task->rehearsal);
    free(task);
}

static bool task_finished(const struct import_task *task)
{
    return task->state >= IMPORT_STATE_DONE;
}

static const char *state_word(enum import_state state)
{
    static const char *const words[] = {
#define STATE(NAME, word) word,
        IMPORT_STATES(STATE)
#undef STATE
    };
    return words[state];
}

/* Its file and commands are not needed any more. */
static void task_finish(struct import_task *task, enum import_state state)
{
    struct server *server = task->server;
    task->state = state;
    task->finished_ms = server_now_ms(server);
    buffer_free(&task->file);
    if (task->rehearsal != NULL) {
        free(task->rehearsal->commands);
        task->rehearsal->commands = NULL;
    }
    server_log(server, state == IMPORT_STATE_FAILED ? "warning" : "info", "import",
               "\"import\":%llu,\"kind\":\"%s\",\"state\":\"%s\",\"rows\":%llu,\"written\":%llu",
               (unsigned long long)task->id, import_word(task->kind), state_word(state),
               (unsigned long long)task->rows, (unsigned long long)task->written);
}

static void task_fail(struct import_task *task, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void task_fail(struct import_task *task, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(task->reason, sizeof(task->reason), format, arguments);
    va_end(arguments);
    task_finish(task, IMPORT_STATE_FAILED);
}

/* --- rehearsing, on the pool ------------------------------------------------------------------------------ */

static bool rehearse_on(void *argument, u64 seq)
{
    struct imports *imports = argument;
    (void)seq;
    return !atomic_load(&imports->stopping);
}

/* Rows of the file but for its header, as far as it is CSV. Changes the bytes. */
static u64 count_rows(char *bytes, size_t size)
{
    struct csv *csv = malloc(sizeof(*csv));
    u64 rows = 0;
    if (csv == NULL)
        return 0;
    csv_open(csv, bytes, size);
    while (csv_next(csv) == CSV_ROW)
        rows++;
    free(csv);
    return rows > 0 ? rows - 1 : 0;
}

/* The file is changed by reading, and may have to be read again: it is read in a copy. */
static void rehearse_run(void *argument)
{
    struct import_task *task = argument;
    size_t size = task->file.size;
    char *copy = malloc(size + 1);
    task->rehearsal = NULL;
    if (copy == NULL)
        return;
    memcpy(copy, size > 0 ? task->file.bytes : "", size);
    task->rows = count_rows(copy, size);
    memcpy(copy, size > 0 ? task->file.bytes : "", size);
    const struct rehearsal_file file = {.kind = task->kind,
                                        .source = {.name = import_word(task->kind), .bytes = copy, .size = size}};
    struct rehearsal_options options = {
        .directory = task->server->options.directory,
        .files = &file,
        .file_count = 1,
        .commands_bytes_max = IMPORT_COMMANDS_MAX,
        .through = task->through,
        .progress = rehearse_on,
        .progress_argument = task->server->imports,
    };
#define SETTING(name) options.import.name = task->name[0] != 0 ? task->name : NULL;
    IMPORT_SETTINGS(SETTING)
#undef SETTING
    task->rehearsal = rehearsal_run(&options);
    free(copy);
}

static void rehearse_done(struct server *server, struct conn *conn, void *argument)
{
    struct import_task *task = argument;
    (void)server;
    (void)conn;
    task->running = false;
}

/* Begins a rehearsal, or begins it later when the pool has no room. */
static void task_rehearse(struct import_task *task)
{
    struct server *server = task->server;
    rehearsal_free(task->rehearsal);
    task->rehearsal = NULL;
    task->state = IMPORT_STATE_REHEARSING;
    task->through = eleven_durable(server->eleven);
    task->running = true;
    task->tries++;
    if (job_start(server, NULL, rehearse_run, rehearse_done, task))
        return;
    task->running = false;
    task->tries--;
    task->state = IMPORT_STATE_WAITING;
}

/* Once more, because somebody else changes the catalogue; not for ever. */
static void task_again(struct import_task *task)
{
    if (task->tries < IMPORT_TRIES_MAX)
        task_rehearse(task);
    else
        task_fail(task, "Others go on changing the catalogue; import the file again when they have finished. "
                        "%llu commands of it are written.", (unsigned long long)task->written);
}

/* The rehearsal has ended. */
static void task_judge(struct import_task *task)
{
    const struct rehearsal *rehearsal = task->rehearsal;
    if (rehearsal == NULL || rehearsal->status == REHEARSAL_FULL) {
        task_fail(task, "There is no memory for a file of this size.");
    } else if (rehearsal->status == REHEARSAL_FOLDER && rehearsal->journal == JOURNAL_BUSY) {
        task_again(task);
    } else if (rehearsal->status == REHEARSAL_FOLDER) {
        task_fail(task, "The data folder cannot be read: %s %s", journal_status_word(rehearsal->journal),
                  rehearsal->problem);
    } else if (rehearsal->status == REHEARSAL_STOPPED) {
        task_fail(task, "The server stops.");
    } else if (rehearsal->status == REHEARSAL_REFUSED) {
        task_finish(task, IMPORT_STATE_REFUSED);
    } else {
        task->total = task->written + rehearsal->count;
        task->at = 0;
        task->base = rehearsal->base;
        if (task->check || rehearsal->count == 0)
            task_finish(task, IMPORT_STATE_DONE);
        else
            task->state = IMPORT_STATE_WRITING;
    }
}

/* --- writing ----------------------------------------------------------------------------------------------- */

/* Called while the engine stands right behind the command: nobody else's has come between. */
static void task_told(struct conn *conn, void *context, const struct result *result)
{
    struct import_task *task = context;
    (void)conn;
    task->asked = false;
    if (result == NULL) /* the disk is stuck: the same command once more */
        return;
    const struct command_header *command = (const void *)(task->rehearsal->commands + task->at);
    if (result->code != RESULT_OK && result->code != RESULT_NO_CHANGE) {
        task_fail(task, "A %s was refused now (%s) that went well in the rehearsal; %llu of %llu commands are written. "
                        "Import the file again.", command_info(command->kind)->word, result_word(result->code),
                  (unsigned long long)task->written, (unsigned long long)task->total);
        return;
    }
    task->at += command->size;
    task->written++;
    stage_base_of(&task->base, task->server->engine);
    if (task->at == task->rehearsal->size)
        task_finish(task, IMPORT_STATE_DONE);
}

/* Gives the next command to the desk and has it decided. False: it waits there, or there is no room. */
static bool task_give(struct import_task *task)
{
    struct desk *desk = &task->server->desk;
    struct command_header *command = (void *)(task->rehearsal->commands + task->at);
    void *room = desk_room(desk, command->size);
    if (room == NULL)
        return false;
    command->caller = task->account;
    memcpy(room, command, command->size);
    task->asked = true;
    desk_ask(desk, NULL, task_told, task);
    desk_run(desk);
    return !task->asked;
}

static enum turn_result task_write(struct import_task *task)
{
    struct server *server = task->server;
    i64 until_ns = (i64)uv_hrtime() + IMPORT_STEP_NS;
    if (task->asked || !desk_run(&server->desk))
        return TURN_WAITS;
    if (!stage_base_holds(&task->base, server->engine)) {
        task_again(task);
        return TURN_MORE;
    }
    for (u32 i = 0; i < IMPORT_STEP_COMMANDS && task->state == IMPORT_STATE_WRITING; i++)
        if (!task_give(task))
            return TURN_WAITS;
        else if ((i64)uv_hrtime() >= until_ns)
            break;
    return TURN_MORE;
}

/* --- the turn: the oldest that is not finished ---------------------------------------------------------------- */

static struct import_task *imports_active(const struct imports *imports)
{
    for (u32 i = 0; i < imports->count; i++)
        if (!task_finished(imports->tasks[i]))
            return imports->tasks[i];
    return NULL;
}

static enum turn_result imports_step(struct turn *turn, struct server *server)
{
    struct imports *imports = (struct imports *)turn;
    struct import_task *task = imports_active(imports);
    (void)server;
    if (task == NULL || (atomic_load(&imports->stopping) && !task->running)) {
        imports->turning = false;
        return TURN_ENDS;
    }
    if (task->state == IMPORT_STATE_WRITING)
        return task_write(task);
    if (task->state == IMPORT_STATE_WAITING)
        task_rehearse(task);
    else if (!task->running)
        task_judge(task);
    else
        return TURN_WAITS;
    return task->state == IMPORT_STATE_WAITING ? TURN_WAITS : TURN_MORE;
}

static void imports_turn_end(struct turn *turn, struct server *server)
{
    (void)server;
    ((struct imports *)turn)->turning = false;
}

/* --- keeping them --------------------------------------------------------------------------------------------- */

struct imports *imports_open(struct server *server)
{
    struct imports *imports = calloc(1, sizeof(*imports));
    ASSERT(imports != NULL);
    imports->server = server;
    imports->turn.step = imports_step;
    imports->turn.end = imports_turn_end;
    imports->last_id = (u64)server_now_ms(server); /* fewer than one a millisecond: none is given twice */
    return imports;
}

void imports_stop(struct imports *imports)
{
    atomic_store(&imports->stopping, true);
}

void imports_close(struct imports *imports)
{
    for (u32 i = 0; i < imports->count; i++) {
        ASSERT(!imports->tasks[i]->running);
        import_task_free(imports->tasks[i]);
    }
    free(imports);
}

bool imports_writing(const struct imports *imports)
{
    const struct import_task *task = imports_active(imports);
    return task != NULL && task->state == IMPORT_STATE_WRITING;
}

/* Room for one more: the oldest that is finished goes. */
static void imports_forget(struct imports *imports)
{
    u32 at = 0;
    if (imports->count < IMPORTS_KEPT)
        return;
    while (!task_finished(imports->tasks[at]))
        at++;
    import_task_free(imports->tasks[at]);
    imports->count--;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    memmove(&imports->tasks[at], &imports->tasks[at + 1], (imports->count - at) * sizeof(imports->tasks[0]));
}

enum import_taken imports_take(struct imports *imports, struct import_task *task, u64 *id)
{
    enum import_taken taken = IMPORT_TAKEN;
    u32 pending = 0;
    _Static_assert(IMPORTS_PENDING_MAX < IMPORTS_KEPT, "some that is kept is finished");
    for (u32 i = 0; i < imports->count; i++) {
        const struct import_task *other = imports->tasks[i];
        pending += !task_finished(other);
        if (other->account == task->account && memcmp(other->key, task->key, sizeof(task->key)) == 0) {
            taken = other->print == task->print ? IMPORT_TAKEN_BEFORE : IMPORT_KEY_CONFLICT;
            *id = other->id;
        }
    }
    if (taken == IMPORT_TAKEN && pending >= IMPORTS_PENDING_MAX)
        taken = IMPORT_BUSY;
    if (taken != IMPORT_TAKEN) {
        import_task_free(task);
        return taken;
    }
    imports_forget(imports);
    task->id = *id = ++imports->last_id;
    task->server = imports->server;
    task->state = IMPORT_STATE_WAITING;
    task->accepted_ms = server_now_ms(imports->server);
    imports->tasks[imports->count++] = task;
    if (!imports->turning)
        imports->turning = turn_start(imports->server, NULL, TURN_SERVER, &imports->turn);
    ASSERT(imports->turning);
    return IMPORT_TAKEN;
}

const struct import_task *imports_find(const struct imports *imports, u64 id)
{
    for (u32 i = 0; i < imports->count; i++)
        if (imports->tasks[i]->id == id)
            return imports->tasks[i];
    return NULL;
}

size_t imports_list(const struct imports *imports, const struct import_task **tasks, size_t max)
{
    size_t count = MIN(max, (size_t)imports->count);
    for (size_t i = 0; i < count; i++)
        tasks[i] = imports->tasks[imports->count - 1 - i];
    return count;
}

/* --- as JSON ---------------------------------------------------------------------------------------------------- */

static void emit_counts(struct emit *emit, const struct rehearsal *rehearsal)
{
    emit_key_open(emit, "counts", '[');
    for (int thing = 0; rehearsal != NULL && thing < STAGE_THINGS; thing++) {
        const struct stage_count *count = &rehearsal->counts[thing];
        if (count->made + count->changed + count->same == 0)
            continue;
        emit_open(emit, '{');
        emit_key_word(emit, "things", stage_thing_name((enum stage_thing)thing));
        emit_key_number(emit, "made", (i64)count->made);
        emit_key_number(emit, "changed", (i64)count->changed);
        emit_key_number(emit, "same", (i64)count->same);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
}

static void emit_errors(struct emit *emit, const struct rehearsal *rehearsal)
{
    emit_key_open(emit, "errors", '[');
    for (size_t i = 0; rehearsal != NULL && i < rehearsal->error_count; i++) {
        const struct rehearsal_error *error = &rehearsal->errors[i];
        emit_open(emit, '{');
        emit_key_word(emit, "file", error->file);
        emit_key_number(emit, "line", error->line);
        emit_key_number(emit, "column", error->column);
        emit_key_word(emit, "name", error->name);
        emit_key_word(emit, "text", error->text);
        emit_close(emit, '}');
    }
    emit_close(emit, ']');
    emit_key_number(emit, "errors_found", rehearsal != NULL ? (i64)rehearsal->errors_found : 0);
}

void import_task_emit(struct emit *emit, const struct import_task *task)
{
    /* While one runs, the rehearsal is the pool's. */
    const struct rehearsal *rehearsal = task->running ? NULL : task->rehearsal;
    emit_open(emit, '{');
    emit_key_number(emit, "import", (i64)task->id);
    emit_key_word(emit, "kind", import_word(task->kind));
    emit_key_word(emit, "state", state_word(task->state));
    emit_key_bool(emit, "check", task->check);
    emit_key_time(emit, "accepted_at", task->accepted_ms);
    emit_key_time(emit, "finished_at", task->finished_ms);
    emit_key_number(emit, "rows", task->running ? 0 : (i64)task->rows);
    emit_key_number(emit, "commands_total", (i64)task->total);
    emit_key_number(emit, "commands_done", (i64)task->written);
    emit_counts(emit, rehearsal);
    emit_errors(emit, rehearsal);
    if (rehearsal != NULL && rehearsal->left_out != NULL)
        emit_key_word(emit, "left_out", rehearsal->left_out);
    else
        emit_key_null(emit, "left_out");
    if (task->reason[0] != 0)
        emit_key_word(emit, "reason", task->reason);
    else
        emit_key_null(emit, "reason");
    emit_close(emit, '}');
}

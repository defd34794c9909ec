/*
 * From commands to events, on the follower's thread. Which events a command tells, and their places within it,
 * depend on the command and the state after it only, never on who listens: so a replay numbers them as before.
 */
#include "hook/internal.h"

#include <time.h>

#define EVENT_STALL_MS 10000    /* how long the follower waits for a database that cannot be written */
#define EVENT_STALL_STEP_MS 100

static const char *const words[] = {
#define EVENT(NAME, word, meaning) word,
    HOOK_EVENTS(EVENT)
#undef EVENT
};

const char *hook_event_word(enum hook_event event)
{
    ASSERT((unsigned)event < HOOK_EVENT_COUNT);
    return words[event];
}

int hook_event_by_word(struct slice word)
{
    for (int i = 0; i < HOOK_EVENT_COUNT; i++)
        if (slice_is(word, words[i]))
            return i;
    return -1;
}

/* All that a command of this kind may tell. */
static u32 event_set(u16 kind)
{
    switch (kind) {
    case COMMAND_ORDER_PLACE:
        return 1u << HOOK_ORDER_PLACED | 1u << HOOK_ORDER_PAID;
    case COMMAND_ORDER_EXCHANGE:
        return 1u << HOOK_ORDER_RETURNED | 1u << HOOK_ORDER_PLACED | 1u << HOOK_ORDER_PAID;
    case COMMAND_ORDER_PAY:
    case COMMAND_TILL_PAY:
        return 1u << HOOK_ORDER_PAID;
    case COMMAND_ORDER_CANCEL:
    case COMMAND_TILL_VOID:
        return 1u << HOOK_ORDER_CANCELLED;
    case COMMAND_CLOCK_TICK:
        return 1u << HOOK_ORDER_EXPIRED;
    case COMMAND_ORDER_RETURN:
    case COMMAND_TILL_RETURN:
        return 1u << HOOK_ORDER_RETURNED;
    case COMMAND_PART_PACK:
    case COMMAND_PART_SHIP:
    case COMMAND_PART_READY:
    case COMMAND_PART_HAND_OVER:
    case COMMAND_PART_DELIVER:
    case COMMAND_PART_CHECK_OUT:
        return 1u << HOOK_PART_CHANGED;
    case COMMAND_STOCK_RECEIVE:
    case COMMAND_STOCK_COUNT:
    case COMMAND_STOCK_MOVE:
    case COMMAND_INBOUND_SEND:
    case COMMAND_INBOUND_RECEIVE:
    case COMMAND_TILL_TAKE_BACK:
        return 1u << HOOK_STOCK_CHANGED;
    case COMMAND_SKU_PUT:
    case COMMAND_PRICE_SET:
        return 1u << HOOK_PRODUCT_CHANGED;
    default:
        return 0;
    }
}

/* --- into the pending events --------------------------------------------------------------- */

static bool event_fits(const struct hook *hook, size_t size)
{
    return hook->pending_count < HOOK_PENDING_MAX && HOOK_ARENA_BYTES - hook->arena_used >= size;
}

static void event_nap(struct hook *hook)
{
    const struct timespec step = {.tv_nsec = EVENT_STALL_STEP_MS * 1000000L};
    pthread_mutex_unlock(&hook->lock);
    nanosleep(&step, NULL);
    pthread_mutex_lock(&hook->lock);
}

/* Under the lock: makes room by a commit. False: the database could not be written for EVENT_STALL_MS. */
static bool event_room(struct hook *hook, size_t size)
{
    for (int waited_ms = 0; !event_fits(hook, size) && !hook_store_flush(hook); waited_ms += EVENT_STALL_STEP_MS) {
        if (waited_ms >= EVENT_STALL_MS) {
            __atomic_store_n(&hook->stalled, true, __ATOMIC_RELEASE);
            return false;
        }
        event_nap(hook);
    }
    return event_fits(hook, size);
}

static bool event_add(struct hook *hook, u64 number, const struct hook_subject *subject, struct slice body)
{
    pthread_mutex_lock(&hook->lock);
    bool good = event_room(hook, body.size);
    bool first = false;
    if (good) {
        memcpy(hook->arena + hook->arena_used, body.bytes, body.size);
        hook->pending[hook->pending_count++] = (struct pending){.number = number,
                                                                .time_ms = subject->time_ms,
                                                                .event = subject->event,
                                                                .offset = (u32)hook->arena_used,
                                                                .size = (u32)body.size};
        hook->arena_used += body.size;
        first = hook_uncommitted(hook);
    }
    pthread_mutex_unlock(&hook->lock);
    if (first)
        hook_wake(hook);
    return good;
}

/* One event of the command at hand: takes the next place, and is written down when somebody wants it. */
static bool event_tell(struct hook *hook, const struct engine *engine, const struct hook_subject *subject)
{
    u32 place = hook->place++;
    ASSERT(place < HOOK_PLACES);
    if (!(__atomic_load_n(&hook->wanted, __ATOMIC_ACQUIRE) >> subject->event & 1))
        return true;
    struct emit emit = emit_into(&hook->body);
    hook->body.size = 0;
    hook_payload(&emit, engine, subject);
    ASSERT(hook->body.size <= HOOK_BODY_MAX);
    return event_add(hook, hook->place_seq * HOOK_PLACES + place, subject, slice_of(hook->body.bytes, hook->body.size));
}

/* --- what a command tells ------------------------------------------------------------------ */

static bool event_place(struct hook *hook, const struct engine *engine, struct hook_subject subject)
{
    const struct order *order = engine_order(engine, subject.order);
    ASSERT(order != NULL);
    subject.event = HOOK_ORDER_PLACED;
    if (!event_tell(hook, engine, &subject))
        return false;
    subject.event = HOOK_ORDER_PAID;
    return order->state != ORDER_PAID || event_tell(hook, engine, &subject);
}

/* What came back, then the order that it was exchanged for. */
static bool event_exchange(struct hook *hook, const struct engine *engine, struct hook_subject subject)
{
    subject.order = ((const struct command_order_exchange *)subject.command)->order;
    subject.event = HOOK_ORDER_RETURNED;
    if (!event_tell(hook, engine, &subject))
        return false;
    subject.order = subject.result.id;
    return event_place(hook, engine, subject);
}

/* The one book that the command has changed. */
static void stock_subject(const struct engine *engine, struct hook_subject *subject)
{
    const struct inbound *inbound = engine_inbound(engine, subject->result.id);
    const struct book *book = engine_book(engine, subject->result.id);
    switch (subject->command->kind) {
    case COMMAND_INBOUND_SEND:
    case COMMAND_INBOUND_RECEIVE:
        ASSERT(inbound != NULL);
        subject->sku = inbound->sku;
        subject->location = subject->command->kind == COMMAND_INBOUND_SEND ? inbound->from : inbound->to;
        break;
    case COMMAND_TILL_TAKE_BACK: {
        const struct command_till_take_back *back = (const void *)subject->command;
        subject->sku = back->sku;
        subject->location = engine_till(engine, back->till)->location;
        break;
    }
    default:
        ASSERT(book != NULL);
        subject->sku = book->sku;
        subject->location = book->location;
    }
}

static bool event_stock(struct hook *hook, const struct engine *engine, struct hook_subject subject)
{
    subject.event = HOOK_STOCK_CHANGED;
    if (subject.command->kind == COMMAND_STOCK_MOVE) { /* two books, two events */
        const struct command_stock_move *move = (const void *)subject.command;
        subject.sku = move->sku;
        subject.location = move->from;
        if (!event_tell(hook, engine, &subject))
            return false;
        subject.location = move->to;
    } else {
        stock_subject(engine, &subject);
    }
    return event_tell(hook, engine, &subject);
}

static bool event_one(struct hook *hook, const struct engine *engine, struct hook_subject subject)
{
    u32 set = event_set(subject.command->kind);
    ASSERT(__builtin_popcount(set) == 1);
    subject.event = (enum hook_event)__builtin_ctz(set);
    subject.sku = subject.result.id; /* of sku.put and price.set */
    return event_tell(hook, engine, &subject);
}

/* All events of the command have been told. */
static bool event_complete(const struct hook *hook, const struct command_header *command, struct result result)
{
    return command->kind != COMMAND_CLOCK_TICK || hook->place >= (u64)result.value;
}

void hook_event(void *argument, const struct engine *engine, u64 seq, i64 time_ms, const struct command_header *command,
                struct result result, u32 order)
{
    struct hook *hook = argument;
    u32 set = result_changed(result) ? event_set(command->kind) : 0;
    if (seq <= hook->seen_seq || hook->stalled) /* both are written by this thread only */
        return;
    if ((set & __atomic_load_n(&hook->wanted, __ATOMIC_RELAXED)) == 0) {
        __atomic_store_n(&hook->seen_seq, seq, __ATOMIC_RELEASE);
        return;
    }
    if (seq != hook->place_seq) {
        hook->place_seq = seq;
        hook->place = 0;
    }
    struct hook_subject subject = {.time_ms = time_ms, .command = command, .result = result, .order = order};
    bool good = true;
    if (command->kind == COMMAND_ORDER_PLACE)
        good = event_place(hook, engine, subject);
    else if (command->kind == COMMAND_ORDER_EXCHANGE)
        good = event_exchange(hook, engine, subject);
    else if (set == 1u << HOOK_STOCK_CHANGED)
        good = event_stock(hook, engine, subject);
    else
        good = event_one(hook, engine, subject);
    if (good)
        __atomic_store_n(&hook->seen_seq, event_complete(hook, command, result) ? seq : seq - 1, __ATOMIC_RELEASE);
}

/*
 * Goods on their way to a location: from outside, or from another location of
 * ours. An inbound stands beside the books: `coming` of the receiving book says
 * how much may still arrive, and is part of none of its accounts. Goods of ours
 * have left the sender's book (moved_out) and enter the receiver's when they
 * arrive (moved_in); what never arrives enters it as shrink when the inbound is
 * closed, so that every unit that was sent is accounted for.
 */
#include "core/internal.h"

/* The receiving book, made if needed, and a new inbound of it. The caller has checked the bounds and the room. */
static struct result inbound_make(struct engine *engine, struct inbound row)
{
    u32 book = engine_find_book(engine, row.sku, row.to);
    if (book == 0)
        book = book_make(engine, row.sku, row.to);
    engine->books[book].coming += row.expected;
    ASSERT(engine->books[book].coming <= UNITS_MAX);
    u32 id = new_row(engine, LIMIT_inbounds);
    row.made_ms = engine->time_ms;
    engine->inbounds[id] = row;
    return accept(id, row.expected);
}

static struct result inbound_room(const struct engine *engine, u32 book)
{
    if (book == 0 && room(engine, LIMIT_books) == 0)
        return pool_full(LIMIT_books);
    if (room(engine, LIMIT_inbounds) == 0)
        return pool_full(LIMIT_inbounds);
    return accept(0, 0);
}

struct result apply_inbound_expect(struct engine *engine, const struct command_inbound_expect *command)
{
    struct result good = stock_references(engine, command->sku, command->to);
    if (good.code != RESULT_OK)
        return good;
    u32 book = engine_find_book(engine, command->sku, command->to);
    if (command->quantity < 1 || command->quantity > UNITS_MAX - engine->books[book].coming)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    good = inbound_room(engine, book);
    if (good.code != RESULT_OK)
        return good;

    return inbound_make(engine, (struct inbound){
        .reference = command->reference,
        .sku = command->sku,
        .to = command->to,
        .expected = command->quantity,
    });
}

static struct result send_good(const struct engine *engine, const struct command_inbound_send *command)
{
    struct result good = stock_references(engine, command->sku, command->from);
    if (good.code != RESULT_OK)
        return good;
    good = stock_references(engine, command->sku, command->to);
    if (good.code != RESULT_OK)
        return good;
    if (command->from == command->to)
        return refuse(RESULT_SAME_PLACE, 0);
    if (command->quantity < 1)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    const struct book *from = &engine->books[engine_find_book(engine, command->sku, command->from)];
    if (command->quantity > from->available)
        return refuse(RESULT_NOT_IN_STOCK, from->available);
    u32 to = engine_find_book(engine, command->sku, command->to);
    if (command->quantity > UNITS_MAX - from->moved_out || command->quantity > UNITS_MAX - engine->books[to].coming)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    return inbound_room(engine, to);
}

struct result apply_inbound_send(struct engine *engine, const struct command_inbound_send *command)
{
    struct result good = send_good(engine, command);
    if (good.code != RESULT_OK)
        return good;

    struct book *from = &engine->books[engine_find_book(engine, command->sku, command->from)];
    book_available_add(engine, from, -(i64)command->quantity);
    from->moved_out += command->quantity;
    ASSERT(book_balances(from));
    return inbound_make(engine, (struct inbound){
        .reference = command->reference,
        .sku = command->sku,
        .from = command->from,
        .to = command->to,
        .expected = command->quantity,
    });
}

static struct book *inbound_book(const struct engine *engine, const struct inbound *inbound)
{
    u32 id = engine_find_book(engine, inbound->sku, inbound->to);
    ASSERT(id != 0 && engine->books[id].coming >= engine_inbound_left(inbound));
    return &engine->books[id];
}

static void inbound_end(struct engine *engine, struct inbound *inbound)
{
    inbound->closed_ms = MAX(engine->time_ms, 1); /* 0 is open */
}

struct result apply_inbound_receive(struct engine *engine, const struct command_inbound_receive *command)
{
    if (!exists(engine, LIMIT_inbounds, command->inbound))
        return refuse(RESULT_UNKNOWN_INBOUND, 0);
    struct inbound *inbound = &engine->inbounds[command->inbound];
    u32 left = engine_inbound_left(inbound);
    if (command->quantity < 1)
        return refuse(RESULT_BAD_QUANTITY, inbound->sku);
    if (command->quantity > left)
        return refuse(RESULT_NOT_EXPECTED, left);
    struct book *book = inbound_book(engine, inbound);
    u32 *came_in = inbound->from == 0 ? &book->received : &book->moved_in;
    if (command->quantity > UNITS_MAX - *came_in || (u64)command->quantity + book->available > UNITS_MAX)
        return refuse(RESULT_BAD_QUANTITY, inbound->sku);

    book->coming -= command->quantity;
    book_available_add(engine, book, command->quantity);
    *came_in += command->quantity;
    ASSERT(book_balances(book));
    inbound->received += command->quantity;
    if (engine_inbound_left(inbound) == 0)
        inbound_end(engine, inbound);
    return accept(command->inbound, engine_inbound_left(inbound));
}

struct result apply_inbound_close(struct engine *engine, const struct command_inbound_close *command)
{
    if (!exists(engine, LIMIT_inbounds, command->inbound))
        return refuse(RESULT_UNKNOWN_INBOUND, 0);
    if (command->reason >= REASON_COUNT)
        return refuse(RESULT_MALFORMED, 0);
    struct inbound *inbound = &engine->inbounds[command->inbound];
    if (inbound->closed_ms != 0)
        return no_change(command->inbound, 0);
    u32 left = engine_inbound_left(inbound);
    struct book *book = inbound_book(engine, inbound);
    if (inbound->from != 0 && left > UNITS_MAX - book->moved_in)
        return refuse(RESULT_BAD_QUANTITY, inbound->sku);

    book->coming -= left;
    if (inbound->from != 0) {
        book->moved_in += left;
        book_shrink(engine, book, left, command->reason);
        inbound->lost = left;
    }
    ASSERT(book_balances(book));
    inbound_end(engine, inbound);
    return accept(command->inbound, left);
}

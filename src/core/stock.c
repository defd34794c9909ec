/*
 * Stock books: units as accounts that cannot go negative, one book for each
 * (SKU, location). Every change goes from one account to another, so that what
 * came in is always accounted for; book_balances says so after each of them.
 */
#include "core/internal.h"

bool book_balances(const struct book *book)
{
    u64 in = (u64)book->received + book->moved_in + book->overrun;
    u64 accounted = (u64)book->moved_out + book->available + book->reserved + book->sold + book->leased +
                    book->quarantine + book->shrink;
    return in == accounted;
}

u64 book_hash(u32 sku, u32 location)
{
    return mix64((u64)sku << 32 | location);
}

u32 book_make(struct engine *engine, u32 sku, u32 location)
{
    ASSERT(engine_find_book(engine, sku, location) == 0);
    u32 id = new_row(engine, LIMIT_books);
    engine->books[id] = (struct book){
        .sku = sku,
        .location = location,
        .next = engine->skus[sku].first_book,
        .city = (u16)engine->locations[location].city,
        .services = engine->locations[location].services,
    };
    engine->skus[sku].first_book = id;
    engine->skus[sku].book_count++;
    index_insert(&engine->book_index, index_tag(book_hash(sku, location)), id);
    shelf_add(engine, id);
    return id;
}

void book_available_add(struct engine *engine, struct book *book, i64 units)
{
    u32 free_before = book_free(book);
    ASSERT(book->available + units >= 0 && book->available + units <= UINT32_MAX);
    book->available = (u32)(book->available + units);
    shelf_change(engine, book, free_before);
}

void book_safety_set(struct engine *engine, struct book *book, u32 units)
{
    u32 free_before = book_free(book);
    book->safety = units;
    shelf_change(engine, book, free_before);
}

void book_services_set(struct engine *engine, struct book *book, u16 services)
{
    u32 free_before = book_free(book);
    book->services = services;
    shelf_change(engine, book, free_before);
}

void book_reserve(struct engine *engine, struct book *book, u32 units)
{
    book_available_add(engine, book, -(i64)units);
    book->reserved += units;
    MARK_WHEN(LAST_UNIT_TAKEN, book->available == 0);
    ASSERT(book_balances(book));
}

void book_release(struct engine *engine, struct book *book, u32 units)
{
    ASSERT(book->reserved >= units);
    book->reserved -= units;
    book_available_add(engine, book, units);
    ASSERT(book_balances(book));
}

void book_sell(struct book *book, u32 units)
{
    ASSERT(book->reserved >= units);
    book->reserved -= units;
    book->sold += units;
    ASSERT(book_balances(book));
}

void book_shrink(struct engine *engine, struct book *book, u32 units, enum count_reason reason)
{
    ASSERT(reason < REASON_COUNT);
    book->shrink += units;
    engine->locations[book->location].shrink[reason] += units;
}

void book_take_back(struct engine *engine, struct book *book, u32 units)
{
    ASSERT(book->sold >= units);
    book->sold -= units;
    book_available_add(engine, book, units);
    ASSERT(book_balances(book));
}

void book_receive_back(struct engine *engine, struct book *book, u32 units, bool restock)
{
    ASSERT(units <= UNITS_MAX - book->received);
    book->received += units;
    if (restock)
        book_available_add(engine, book, units);
    else
        book->quarantine += units;
    ASSERT(book_balances(book));
}

struct result stock_references(const struct engine *engine, u32 sku, u32 location)
{
    if (!exists(engine, LIMIT_skus, sku))
        return refuse(RESULT_UNKNOWN_SKU, sku);
    if (!exists(engine, LIMIT_locations, location))
        return refuse(RESULT_UNKNOWN_LOCATION, 0);
    return accept(0, 0);
}

struct result apply_stock_receive(struct engine *engine, const struct command_stock_receive *command)
{
    struct result good = stock_references(engine, command->sku, command->location);
    if (good.code != RESULT_OK)
        return good;
    u32 id = engine_find_book(engine, command->sku, command->location);
    if (command->quantity < 1 || command->quantity > UNITS_MAX - engine->books[id].received)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    if (id == 0 && room(engine, LIMIT_books) == 0)
        return pool_full(LIMIT_books);

    if (id == 0)
        id = book_make(engine, command->sku, command->location);
    struct book *book = &engine->books[id];
    book->received += command->quantity;
    book_available_add(engine, book, command->quantity);
    ASSERT(book_balances(book));
    return accept(id, book->available);
}

struct result apply_stock_count(struct engine *engine, const struct command_stock_count *command)
{
    if (command->reason >= REASON_COUNT)
        return refuse(RESULT_MALFORMED, 0);
    struct result good = stock_references(engine, command->sku, command->location);
    if (good.code != RESULT_OK)
        return good;
    u32 id = engine_find_book(engine, command->sku, command->location);
    const struct book *old = &engine->books[id]; /* row 0 is zeros: no book yet */
    u32 on_hand = old->available + old->reserved;
    if (command->counted > UNITS_MAX)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    if (command->counted < old->reserved)
        return refuse(RESULT_COUNT_BELOW_RESERVED, old->reserved);
    if (command->counted == on_hand)
        return no_change(id, old->available);
    if (command->counted > on_hand && command->counted - on_hand > UNITS_MAX - old->received)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    if (id == 0 && room(engine, LIMIT_books) == 0)
        return pool_full(LIMIT_books);

    if (id == 0)
        id = book_make(engine, command->sku, command->location);
    struct book *book = &engine->books[id];
    if (command->counted > on_hand)
        book->received += command->counted - on_hand;
    else
        book_shrink(engine, book, on_hand - command->counted, command->reason);
    book_available_add(engine, book, (i64)command->counted - on_hand);
    ASSERT(book_balances(book));
    return accept(id, book->available);
}

struct result apply_stock_move(struct engine *engine, const struct command_stock_move *command)
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
    struct book *from = &engine->books[engine_find_book(engine, command->sku, command->from)];
    if (command->quantity > from->available)
        return refuse(RESULT_NOT_IN_STOCK, from->available);
    u32 id = engine_find_book(engine, command->sku, command->to);
    const struct book *old = &engine->books[id];
    if (command->quantity > UNITS_MAX - from->moved_out || command->quantity > UNITS_MAX - old->moved_in ||
        (u64)command->quantity + old->available > UNITS_MAX)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    if (id == 0 && room(engine, LIMIT_books) == 0)
        return pool_full(LIMIT_books);

    if (id == 0)
        id = book_make(engine, command->sku, command->to);
    struct book *to = &engine->books[id];
    book_available_add(engine, from, -(i64)command->quantity);
    from->moved_out += command->quantity;
    book_available_add(engine, to, command->quantity);
    to->moved_in += command->quantity;
    ASSERT(book_balances(from) && book_balances(to));
    return accept(id, to->available);
}

struct result apply_stock_keep(struct engine *engine, const struct command_stock_keep *command)
{
    struct result good = stock_references(engine, command->sku, command->location);
    if (good.code != RESULT_OK)
        return good;
    if (command->units > UNITS_MAX)
        return refuse(RESULT_BAD_QUANTITY, command->sku);
    u32 id = engine_find_book(engine, command->sku, command->location);
    if (command->units == engine->books[id].safety)
        return no_change(id, engine->books[id].available);
    if (id == 0 && room(engine, LIMIT_books) == 0)
        return pool_full(LIMIT_books);

    if (id == 0)
        id = book_make(engine, command->sku, command->location);
    book_safety_set(engine, &engine->books[id], command->units);
    return accept(id, engine->books[id].available);
}

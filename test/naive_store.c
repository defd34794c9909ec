/*
 * The model's stock, goods on their way, plans of locations, rules of routing
 * and flagship cities: docs/COMMANDS.md, "Stock", and those commands' lines of
 * "Catalogue" and "Festival and deal".
 */
#include "test/naive.h"

#include <string.h>

/* --- stock --------------------------------------------------------------- */

struct naive_book *naive_find_book(const struct naive *naive, u32 sku, u32 location)
{
    for (u32 id = 1; id <= naive->books_count; id++)
        if (naive->books[id].sku == sku && naive->books[id].location == location)
            return &naive->books[id];
    return NULL;
}

struct naive_book *naive_make_book(struct naive *naive, u32 sku, u32 location)
{
    struct naive_book *book = naive_find_book(naive, sku, location);
    if (book == NULL) {
        book = NAIVE_ADD(naive, books);
        book->sku = sku;
        book->location = location;
    }
    return book;
}

i64 naive_available(const struct naive *naive, u32 sku, u32 location)
{
    const struct naive_book *book = naive_find_book(naive, sku, location);
    return book == NULL ? 0 : book->available;
}

i64 naive_free_units(const struct naive *naive, u32 sku, u32 location)
{
    const struct naive_book *book = naive_find_book(naive, sku, location);
    return book == NULL ? 0 : MAX(book->available - book->safety, 0);
}

static struct result book_answer(const struct naive *naive, u16 code, const struct naive_book *book)
{
    if (book == NULL)
        return (struct result){.code = code};
    return (struct result){.code = code, .id = (u32)(book - naive->books), .value = book->available};
}

static struct result stock_receive(struct naive *naive, const struct command_stock_receive *receive)
{
    struct naive_book *book = naive_find_book(naive, receive->sku, receive->location);
    i64 received = book == NULL ? 0 : book->received;
    if (receive->quantity < 1 || receive->quantity > UNITS_MAX || received + receive->quantity > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, receive->sku);
    if (book == NULL && naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    book = naive_make_book(naive, receive->sku, receive->location);
    book->received += receive->quantity;
    book->available += receive->quantity;
    return book_answer(naive, RESULT_OK, book);
}

static void shrink(struct naive *naive, struct naive_book *book, i64 units, u32 reason)
{
    book->shrink += units;
    naive->locations[book->location].shrink[reason] += units;
}

static struct result stock_count(struct naive *naive, const struct command_stock_count *count)
{
    struct naive_book *book = naive_find_book(naive, count->sku, count->location);
    struct naive_book none = {0};
    const struct naive_book *was = book == NULL ? &none : book;
    if (count->counted > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, count->sku);
    if (count->counted < was->reserved)
        return naive_refuse(RESULT_COUNT_BELOW_RESERVED, was->reserved);
    i64 found = count->counted - (was->available + was->reserved);
    if (found == 0)
        return book_answer(naive, RESULT_NO_CHANGE, book);
    if (found > 0 && was->received + found > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, count->sku);
    if (book == NULL && naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    book = naive_make_book(naive, count->sku, count->location);
    book->available += found;
    if (found > 0)
        book->received += found;
    else
        shrink(naive, book, -found, count->reason);
    return book_answer(naive, RESULT_OK, book);
}

static struct result stock_move(struct naive *naive, const struct command_stock_move *move)
{
    if (move->from == move->to)
        return naive_refuse(RESULT_SAME_PLACE, 0);
    if (move->quantity < 1)
        return naive_refuse(RESULT_BAD_QUANTITY, move->sku);
    i64 available = naive_available(naive, move->sku, move->from);
    if (move->quantity > available)
        return naive_refuse(RESULT_NOT_IN_STOCK, available);
    const struct naive_book *from = naive_find_book(naive, move->sku, move->from);
    const struct naive_book *to = naive_find_book(naive, move->sku, move->to);
    if (from->moved_out + move->quantity > UNITS_MAX ||
        (to != NULL && (to->moved_in + move->quantity > UNITS_MAX || to->available + move->quantity > UNITS_MAX)))
        return naive_refuse(RESULT_BAD_QUANTITY, move->sku);
    if (to == NULL && naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    struct naive_book *there = naive_make_book(naive, move->sku, move->to);
    struct naive_book *here = naive_find_book(naive, move->sku, move->from);
    here->available -= move->quantity;
    here->moved_out += move->quantity;
    there->available += move->quantity;
    there->moved_in += move->quantity;
    return book_answer(naive, RESULT_OK, there);
}

static struct result stock_keep(struct naive *naive, const struct command_stock_keep *keep)
{
    struct naive_book *book = naive_find_book(naive, keep->sku, keep->location);
    if (keep->units > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, keep->sku);
    if (keep->units == (book == NULL ? 0 : book->safety))
        return book_answer(naive, RESULT_NO_CHANGE, book);
    if (book == NULL && naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    book = naive_make_book(naive, keep->sku, keep->location);
    book->safety = keep->units;
    return book_answer(naive, RESULT_OK, book);
}

/* "All begin with: SKU exists, location(s) exist." */
static struct result stock(struct naive *naive, const struct command_header *command)
{
    const struct command_stock_move *move = (const void *)command; /* all four begin with sku and a location */
    if (command->kind == COMMAND_STOCK_COUNT &&
        ((const struct command_stock_count *)(const void *)command)->reason >= REASON_COUNT)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (!naive_exists(naive, COMMAND_SKU_PUT, move->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, move->sku);
    if (!naive_exists(naive, COMMAND_LOCATION_PUT, move->from))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (command->kind == COMMAND_STOCK_RECEIVE)
        return stock_receive(naive, (const void *)command);
    if (command->kind == COMMAND_STOCK_COUNT)
        return stock_count(naive, (const void *)command);
    if (command->kind == COMMAND_STOCK_KEEP)
        return stock_keep(naive, (const void *)command);
    if (!naive_exists(naive, COMMAND_LOCATION_PUT, move->to))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    return stock_move(naive, move);
}

/* --- goods on their way --------------------------------------------------- */

i64 naive_still_to_come(const struct naive_inbound *inbound)
{
    return inbound->closed_ms != 0 ? 0 : inbound->expected - inbound->received - inbound->lost;
}

i64 naive_coming(const struct naive *naive, u32 sku, u32 location)
{
    i64 units = 0;
    for (u32 id = 1; id <= naive->inbounds_count; id++)
        if (naive->inbounds[id].sku == sku && naive->inbounds[id].to == location)
            units += naive_still_to_come(&naive->inbounds[id]);
    return units;
}

static struct result inbound_room(const struct naive *naive, u32 sku, u32 to)
{
    if (naive_find_book(naive, sku, to) == NULL && naive->books_count >= naive->limits.books)
        return NAIVE_FULL(books);
    if (naive->inbounds_count >= naive->limits.inbounds)
        return NAIVE_FULL(inbounds);
    return naive_ok(0, 0);
}

static struct result inbound_add(struct naive *naive, struct naive_inbound inbound)
{
    naive_make_book(naive, inbound.sku, inbound.to);
    *NAIVE_ADD(naive, inbounds) = inbound;
    return naive_ok(naive->inbounds_count, inbound.expected);
}

static struct result inbound_expect(struct naive *naive, const struct command_inbound_expect *expect, i64 now_ms)
{
    if (!naive_exists(naive, COMMAND_SKU_PUT, expect->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, expect->sku);
    if (!naive_exists(naive, COMMAND_LOCATION_PUT, expect->to))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (expect->quantity < 1 || expect->quantity > UNITS_MAX ||
        naive_coming(naive, expect->sku, expect->to) + expect->quantity > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, expect->sku);
    struct result room = inbound_room(naive, expect->sku, expect->to);
    if (room.code != RESULT_OK)
        return room;
    return inbound_add(naive, (struct naive_inbound){.reference = expect->reference, .made_ms = now_ms,
                                                     .sku = expect->sku, .to = expect->to,
                                                     .expected = expect->quantity});
}

static struct result inbound_send(struct naive *naive, const struct command_inbound_send *send, i64 now_ms)
{
    if (!naive_exists(naive, COMMAND_SKU_PUT, send->sku))
        return naive_refuse(RESULT_UNKNOWN_SKU, send->sku);
    if (!naive_exists(naive, COMMAND_LOCATION_PUT, send->from) || !naive_exists(naive, COMMAND_LOCATION_PUT, send->to))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (send->from == send->to)
        return naive_refuse(RESULT_SAME_PLACE, 0);
    if (send->quantity < 1)
        return naive_refuse(RESULT_BAD_QUANTITY, send->sku);
    i64 available = naive_available(naive, send->sku, send->from);
    if (send->quantity > available)
        return naive_refuse(RESULT_NOT_IN_STOCK, available);
    if (naive_find_book(naive, send->sku, send->from)->moved_out + send->quantity > UNITS_MAX ||
        naive_coming(naive, send->sku, send->to) + send->quantity > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, send->sku);
    struct result room = inbound_room(naive, send->sku, send->to);
    if (room.code != RESULT_OK)
        return room;
    struct naive_book *from = naive_find_book(naive, send->sku, send->from);
    from->available -= send->quantity;
    from->moved_out += send->quantity;
    return inbound_add(naive, (struct naive_inbound){.reference = send->reference, .made_ms = now_ms, .sku = send->sku,
                                                     .from = send->from, .to = send->to,
                                                     .expected = send->quantity});
}

static struct result inbound_receive(struct naive *naive, const struct command_inbound_receive *receive, i64 now_ms)
{
    if (receive->inbound < 1 || receive->inbound > naive->inbounds_count)
        return naive_refuse(RESULT_UNKNOWN_INBOUND, 0);
    struct naive_inbound *inbound = &naive->inbounds[receive->inbound];
    if (receive->quantity < 1)
        return naive_refuse(RESULT_BAD_QUANTITY, inbound->sku);
    if (receive->quantity > naive_still_to_come(inbound))
        return naive_refuse(RESULT_NOT_EXPECTED, naive_still_to_come(inbound));
    struct naive_book *book = naive_find_book(naive, inbound->sku, inbound->to);
    i64 *in = inbound->from == 0 ? &book->received : &book->moved_in;
    if (*in + receive->quantity > UNITS_MAX || book->available + receive->quantity > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, inbound->sku);
    *in += receive->quantity;
    book->available += receive->quantity;
    inbound->received += receive->quantity;
    if (naive_still_to_come(inbound) == 0)
        inbound->closed_ms = naive_closed_at(now_ms);
    return naive_ok(receive->inbound, naive_still_to_come(inbound));
}

static struct result inbound_close(struct naive *naive, const struct command_inbound_close *close, i64 now_ms)
{
    if (close->inbound < 1 || close->inbound > naive->inbounds_count)
        return naive_refuse(RESULT_UNKNOWN_INBOUND, 0);
    struct naive_inbound *inbound = &naive->inbounds[close->inbound];
    if (close->reason >= REASON_COUNT)
        return naive_refuse(RESULT_MALFORMED, 0);
    if (inbound->closed_ms != 0)
        return (struct result){.code = RESULT_NO_CHANGE, .id = close->inbound};
    i64 missing = naive_still_to_come(inbound);
    struct naive_book *book = naive_find_book(naive, inbound->sku, inbound->to);
    if (inbound->from != 0 && book->moved_in + missing > UNITS_MAX)
        return naive_refuse(RESULT_BAD_QUANTITY, inbound->sku);
    if (inbound->from != 0) {
        inbound->lost = missing;
        book->moved_in += missing;
        shrink(naive, book, missing, close->reason);
    }
    inbound->closed_ms = naive_closed_at(now_ms);
    return naive_ok(close->inbound, missing);
}

/* --- plans, rules, flagship cities ----------------------------------------- */

/* "opens < closes <= 1440 or is 0, 0" */
static bool hours_good(u16 opens_min, u16 closes_min)
{
    return (opens_min == 0 && closes_min == 0) || (opens_min < closes_min && closes_min <= 1440);
}

static struct result location_plan(struct naive *naive, const struct command_location_plan *plan)
{
    if (!naive_exists(naive, COMMAND_LOCATION_PUT, plan->location))
        return naive_refuse(RESULT_UNKNOWN_LOCATION, 0);
    if (plan->utc_offset_minutes < -720 || plan->utc_offset_minutes > 840 ||
        !hours_good(plan->opens_min, plan->closes_min) ||
        !hours_good(plan->weekend_opens_min, plan->weekend_closes_min) ||
        (plan->closes_min == 0 && plan->weekend_closes_min == 0) || plan->cut_off_min > 1440 ||
        plan->prepare_min > 1440 || plan->keep_days < 1 || plan->keep_days > KEEP_DAYS_MAX ||
        plan->days_city > TRANSIT_DAYS_MAX || plan->days_far > TRANSIT_DAYS_MAX)
        return naive_refuse(RESULT_MALFORMED, 0);
    struct naive_location *location = &naive->locations[plan->location];
    if (location->planned &&
        memcmp(&location->plan.location, &plan->location, sizeof *plan - sizeof plan->header) == 0)
        return (struct result){.code = RESULT_NO_CHANGE, .id = plan->location};
    location->planned = true;
    location->plan = *plan;
    return naive_ok(plan->location, 0);
}

static struct result routing_set(struct naive *naive, const struct command_routing_set *set)
{
    const u8 rules[RULES_MAX] = {set->rule_1, set->rule_2, set->rule_3, set->rule_4, set->rule_5, set->rule_6};
    u32 count = 0;
    for (u32 i = 0; i < RULES_MAX; i++) {
        if (rules[i] >= RULE_COUNT || (rules[i] != 0 && count < i))
            return naive_refuse(RESULT_MALFORMED, 0);
        for (u32 before = 0; before < i; before++)
            if (rules[i] != 0 && rules[before] == rules[i])
                return naive_refuse(RESULT_MALFORMED, 0);
        count += rules[i] != 0;
    }
    if (memcmp(naive->rules, rules, sizeof rules) == 0)
        return naive_refuse(RESULT_NO_CHANGE, count);
    memcpy(naive->rules, rules, sizeof rules);
    return naive_ok(0, count);
}

u32 naive_flagships_of(const struct naive *naive, u32 festival)
{
    u32 count = 0;
    for (u32 i = 1; i <= naive->flagships_count; i++)
        count += naive->flagships[i].festival == festival && naive->flagships[i].city != 0;
    return count;
}

/* The festival's row for this city; for city 0, one that was given up. NULL: none. */
static struct naive_flagship *flagship_row(const struct naive *naive, u32 festival, u32 city)
{
    for (u32 i = 1; i <= naive->flagships_count; i++)
        if (naive->flagships[i].festival == festival && naive->flagships[i].city == city)
            return &naive->flagships[i];
    return NULL;
}

static struct result festival_flagship(struct naive *naive, const struct command_festival_flagship *set)
{
    if (!naive_exists(naive, COMMAND_FESTIVAL_PUT, set->festival))
        return naive_refuse(RESULT_UNKNOWN_FESTIVAL, 0);
    if (!naive_exists(naive, COMMAND_CITY_PUT, set->city))
        return naive_refuse(RESULT_UNKNOWN_CITY, 0);
    if (set->flagship > 1)
        return naive_refuse(RESULT_MALFORMED, 0);
    struct naive_flagship *row = flagship_row(naive, set->festival, set->city);
    u32 count = naive_flagships_of(naive, set->festival);
    if ((row != NULL) == (set->flagship == 1))
        return (struct result){.code = RESULT_NO_CHANGE, .id = set->festival, .value = count};
    if (set->flagship == 0) {
        row->city = 0;
        return naive_ok(set->festival, count - 1);
    }
    row = flagship_row(naive, set->festival, 0);
    if (count >= FLAGSHIPS_MAX || (row == NULL && naive->flagships_count >= naive->limits.flagships))
        return NAIVE_FULL(flagships);
    if (row == NULL)
        row = NAIVE_ADD(naive, flagships);
    *row = (struct naive_flagship){set->festival, set->city};
    return naive_ok(set->festival, count + 1);
}

struct result naive_store(struct naive *naive, const struct command_header *command, i64 now_ms)
{
    switch (command->kind) {
    case COMMAND_LOCATION_PLAN:
        return location_plan(naive, (const void *)command);
    case COMMAND_ROUTING_SET:
        return routing_set(naive, (const void *)command);
    case COMMAND_FESTIVAL_FLAGSHIP:
        return festival_flagship(naive, (const void *)command);
    case COMMAND_INBOUND_EXPECT:
        return inbound_expect(naive, (const void *)command, now_ms);
    case COMMAND_INBOUND_SEND:
        return inbound_send(naive, (const void *)command, now_ms);
    case COMMAND_INBOUND_RECEIVE:
        return inbound_receive(naive, (const void *)command, now_ms);
    case COMMAND_INBOUND_CLOSE:
        return inbound_close(naive, (const void *)command, now_ms);
    default:
        return stock(naive, command);
    }
}

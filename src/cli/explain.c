/*
 * eleven explain: replays to just before an order and asks the engine to decide
 * it again aloud; or asks about an order that nobody has placed.
 */
#include "cli/explain.h"

#include "base/time.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/reader.h"

#include <stdio.h>

static struct explain explain_frame(const struct engine *engine, const struct command_order_place *place)
{
    const struct festival *festival = engine_festival(engine, place->festival);
    return (struct explain){
        .engine = engine,
        .currency = place->currency,
        .utc_offset_minutes = festival != NULL ? festival->utc_offset_minutes : 0,
    };
}

static void explain_print_request(const struct engine *engine, const struct command_order_place *place)
{
    static const char *const deliveries[] = {"?", "delivered home", "collected", "carried out"};
    static const char *const payments[] = {"?", "to be paid later", "paid from the wallet", "paid to the provider"};
    printf("shopper %u, %s, %s", place->shopper,
           place->delivery < ARRAY_COUNT(deliveries) ? deliveries[place->delivery] : "?",
           place->payment < ARRAY_COUNT(payments) ? payments[place->payment] : "?");
    const struct city *city = engine_city(engine, place->city);
    if (city != NULL)
        printf(", to " SLICE_FORMAT, SLICE_ARGS(engine_text(engine, city->text, 1)));
    const struct location *location = engine_location(engine, place->location);
    if (location != NULL)
        printf(place->delivery == DELIVERY_HOME ? ", wished from " SLICE_FORMAT : ", at " SLICE_FORMAT,
               SLICE_ARGS(engine_text(engine, location->text, 0)));
    const struct festival *festival = engine_festival(engine, place->festival);
    if (festival != NULL)
        printf(", in " SLICE_FORMAT, SLICE_ARGS(engine_text(engine, festival->text, 0)));
    printf("%s\n", place->flags & ORDER_MAY_SPLIT ? ", may be split" : "");
    const struct order_line_asked *lines = command_lines(place);
    for (u32 i = 0; i < place->line_count; i++) {
        const struct sku *sku = engine_sku(engine, lines[i].sku);
        struct slice code = sku != NULL ? engine_text(engine, sku->text, 0) : slice_text("?");
        struct slice title = sku != NULL ? engine_text(engine, sku->text, 1) : slice_text("?");
        printf("  %u x " SLICE_FORMAT "  " SLICE_FORMAT "\n", lines[i].quantity, SLICE_ARGS(code), SLICE_ARGS(title));
    }
}

static void explain_place(const struct engine *engine, const struct command_order_place *place)
{
    struct explain explain = explain_frame(engine, place);
    explain_print_request(engine, place);
    printf("checks:\n");
    struct result result = engine_explain(engine, place, explain_step, &explain);
    printf("decision: ");
    explain_result(&explain, result);
}

/* --- an order that there is ---------------------------------------------------- */

struct history {
    u32 order;
    bool found;
    u8 state;
    i32 utc_offset_minutes;
};

static bool history_before(void *argument, struct reader *reader, u64 seq, const struct command_header *command)
{
    struct history *history = argument;
    const struct engine *engine = reader->engine;
    if (command->kind != COMMAND_ORDER_PLACE || engine_order_count(engine) + 1 != history->order)
        return true;
    const struct command_order_place *place = (const void *)command;
    const struct festival *festival = engine_festival(engine, place->festival);
    history->utc_offset_minutes = festival != NULL ? festival->utc_offset_minutes : 0;
    history->found = true;
    char text[TIME_TEXT_MAX];
    printf("order %u, command %llu of the journal, %s\n", history->order, (unsigned long long)seq,
           time_text(text, command->time_ms, history->utc_offset_minutes));
    explain_place(engine, place);
    printf("since then:\n");
    return true;
}

/* The order a command is about; 0: none, or it makes one. */
static u32 history_subject(const struct command_header *command)
{
    const struct command_info *info = command_info(command->kind);
    for (size_t i = 0; i < info->field_count; i++)
        if (strcmp(info->fields[i].name, "order") == 0 && info->fields[i].size == sizeof(u32)) {
            u32 order;
            memcpy(&order, (const char *)command + info->fields[i].offset, sizeof(order));
            return order;
        }
    return 0;
}

static bool history_after(void *argument, struct reader *reader, u64 seq, const struct command_header *command,
                          struct result result)
{
    static const char *const states[] = {"?", "held", "paid", "cancelled", "expired"};
    struct history *history = argument;
    if (!history->found)
        return true;
    const struct order *order = engine_order(reader->engine, history->order);
    bool about = history_subject(command) == history->order;
    bool changed = order != NULL && order->state != history->state;
    (void)result;
    if (!about && !changed)
        return true;
    history->state = order != NULL ? order->state : 0;
    char text[TIME_TEXT_MAX], money[CLI_TEXT_MAX];
    printf("  %s  %-14s -> %s", time_text(text, command->time_ms, history->utc_offset_minutes),
           command_info(command->kind)->word, states[MIN(history->state, (u8)4)]);
    if (order != NULL && order->refunded_minor > 0)
        printf(", refunded %s", cli_money(money, reader->engine, order->currency, order->refunded_minor));
    printf("  (command %llu)\n", (unsigned long long)seq);
    return true;
}

static void explain_print_lines(const struct engine *engine, const struct order *order)
{
    static const char *const states[] = {"?", "open", "packed", "shipped", "ready", "handed over", "delivered",
                                         "dropped"};
    printf("now:\n");
    for (u32 i = 0; i < order->line_count; i++) {
        const struct line *line = engine_line(engine, order->first_line + i);
        const struct book *book = engine_book(engine, line->book);
        char money[CLI_TEXT_MAX];
        printf("  line %u: %u x " SLICE_FORMAT " from " SLICE_FORMAT " at %s, part %u, %s", i + 1, line->quantity,
               SLICE_ARGS(cli_code(engine, book->sku, engine_sku(engine, book->sku)->text)),
               SLICE_ARGS(cli_code(engine, book->location, engine_location(engine, book->location)->text)),
               cli_money(money, engine, order->currency, line->unit_price_minor), line->part,
               states[MIN(line->state, (u8)7)]);
        if (line->deal != 0)
            printf(", deal %u", line->deal);
        if (line->returned > 0)
            printf(", %u returned", line->returned);
        printf("\n");
    }
}

static int explain_order(const char *directory, u32 id)
{
    struct reader reader;
    struct history history = {.order = id};
    int code = reader_open(&reader, directory);
    if (code != CLI_DONE)
        return code;
    const struct reader_visitor visitor = {.argument = &history, .before = history_before, .after = history_after};
    code = reader_replay(&reader, &visitor);
    if (code == CLI_DONE && !history.found) {
        cli_error("explain", "there is no order %u; the last one is %u", id, engine_order_count(reader.engine));
        code = CLI_REFUSED;
    }
    if (code == CLI_DONE)
        explain_print_lines(reader.engine, engine_order(reader.engine, id));
    reader_close(&reader);
    return code;
}

/* --- an order that there might be ------------------------------------------------ */

struct question {
    struct option_texts skus;
    const char *festival, *city, *store, *pay, *currency;
    u64 shopper;
    bool pick_up, carry_out, may_split, shown_here;
};

/* An order.place with room for its lines. */
struct question_place {
    struct command_order_place place;
    struct order_line_asked lines[ORDER_LINES_MAX];
};

/* The id of a code; false, said on standard error, when it is given and there is none. */
static bool question_find(const struct engine *engine, u16 kind, const char *code, const char *what, u32 *id)
{
    *id = code != NULL ? engine_find(engine, kind, slice_text(code)) : 0;
    if (code != NULL && *id == 0)
        cli_error("explain", "there is no %s \"%s\"", what, code);
    return code == NULL || *id != 0;
}

/* "CODE" or "CODExQTY". A code may itself end like that, so the whole is tried first. */
static bool question_line(const struct engine *engine, const char *text, struct order_line_asked *line)
{
    const char *cross = strrchr(text, 'x');
    u64 quantity;
    line->quantity = 1;
    line->sku = engine_find(engine, COMMAND_SKU_PUT, slice_text(text));
    if (line->sku == 0 && cross != NULL && cli_parse_number(slice_text(cross + 1), UINT32_MAX, &quantity)) {
        line->quantity = (u32)quantity;
        line->sku = engine_find(engine, COMMAND_SKU_PUT, slice_of(text, (size_t)(cross - text)));
    }
    if (line->sku == 0)
        cli_error("explain", "there is no SKU \"%s\"", text);
    return line->sku != 0;
}

static bool question_ask(const struct engine *engine, const struct question *question, struct question_place *asked)
{
    struct command_order_place *place = &asked->place;
    u32 festival, city, location, currency;
    if (!question_find(engine, COMMAND_FESTIVAL_PUT, question->festival, "festival", &festival)
        || !question_find(engine, COMMAND_CITY_PUT, question->city, "city", &city)
        || !question_find(engine, COMMAND_LOCATION_PUT, question->store, "location", &location)
        || !question_find(engine, COMMAND_CURRENCY_PUT, question->currency, "currency", &currency))
        return false;
    const struct shopper *shopper = engine_shopper(engine, (u32)question->shopper);
    if (festival != 0)
        currency = engine_festival(engine, festival)->currency;
    else if (currency == 0 && shopper != NULL)
        currency = shopper->currency;
    *place = (struct command_order_place){
        .header = {.kind = COMMAND_ORDER_PLACE, .time_ms = cli_now_ms()},
        .shopper = (u32)question->shopper,
        .location = location,
        .festival = (u16)festival,
        .city = (u16)city,
        .currency = (u16)currency,
        .line_count = (u16)question->skus.count,
        .channel = question->carry_out ? CHANNEL_STORE : CHANNEL_WEB,
        .delivery = question->carry_out ? DELIVERY_CARRY_OUT : question->pick_up ? DELIVERY_PICK_UP : DELIVERY_HOME,
        .payment = strcmp(question->pay, "hold") == 0 ? PAYMENT_HOLD : PAYMENT_WALLET,
        .flags = (u8)((question->may_split ? ORDER_MAY_SPLIT : 0) | (question->shown_here ? ORDER_SHOWN_HERE : 0)),
    };
    if (place->delivery == DELIVERY_HOME && city == 0 && shopper != NULL)
        place->city = shopper->city;
    for (size_t i = 0; i < question->skus.count; i++)
        if (!question_line(engine, question->skus.texts[i], &asked->lines[i]))
            return false;
    place->header.size = (u16)(sizeof(*place) + question->skus.count * sizeof(asked->lines[0]));
    return true;
}

static int explain_question(const char *directory, const struct question *question)
{
    struct reader reader;
    struct question_place asked;
    int code = reader_open_now(&reader, directory);
    if (code != CLI_DONE)
        return code;
    if (!question_ask(reader.engine, question, &asked)) {
        code = CLI_REFUSED;
    } else if (engine_shopper(reader.engine, asked.place.shopper) == NULL) {
        /* Without a shopper there may be no city and no currency, which would be malformed before it is unknown. */
        printf("decision: ");
        explain_result(&(struct explain){.engine = reader.engine}, (struct result){.code = RESULT_UNKNOWN_SHOPPER});
    } else {
        explain_place(reader.engine, &asked.place);
    }
    reader_close(&reader);
    return code;
}

/* Any of its options; --pay has its default when it is NULL. */
static bool question_given(const struct question *question)
{
    return question->skus.count > 0 || question->shopper > 0 || question->festival != NULL || question->city != NULL
           || question->store != NULL || question->pay != NULL || question->currency != NULL || question->pick_up
           || question->carry_out || question->may_split || question->shown_here;
}

static bool question_wrong(const struct question *question)
{
    const char *why = NULL;
    if (question->skus.count == 0 || question->skus.count > ORDER_LINES_MAX)
        why = "--sku is needed, 1 to 32 times";
    else if (question->shopper == 0)
        why = "--shopper is needed: whose order?";
    else if (question->shopper > UINT32_MAX)
        why = "--shopper is out of range: a number from 1 to 4294967295";
    else if (strcmp(question->pay, "hold") != 0 && strcmp(question->pay, "wallet") != 0)
        why = "--pay is hold or wallet";
    else if (question->pick_up && question->carry_out)
        why = "--pick-up and --carry-out exclude each other";
    else if (question->shown_here && (question->pick_up || question->carry_out || question->store == NULL))
        why = "--shown-here is for delivery, and needs --store";
    else if ((question->pick_up || question->carry_out) && question->store == NULL)
        why = "--pick-up and --carry-out need --store";
    if (why != NULL)
        cli_error("explain", "%s", why);
    return why != NULL;
}

int cli_explain(int argc, char **argv)
{
    struct option_texts plain;
    struct question question = {0};
    const struct option options[] = {
        {"shopper", OPTION_NUMBER, &question.shopper, "N", "whose order it would be"},
        {"sku", OPTION_TEXTS, &question.skus, "CODE[xQTY]", "a line of it; may be repeated"},
        {"festival", OPTION_TEXT, &question.festival, "CODE", "in which festival (default: outside of any)"},
        {"city", OPTION_TEXT, &question.city, "CODE", "where to (default: the shopper's city)"},
        {"store", OPTION_TEXT, &question.store, "CODE", "the store; for delivery a wished-for source"},
        {"pick-up", OPTION_SWITCH, &question.pick_up, NULL, "collected in the store"},
        {"carry-out", OPTION_SWITCH, &question.carry_out, NULL, "taken from the store at once"},
        {"may-split", OPTION_SWITCH, &question.may_split, NULL, "several parcels will do"},
        {"shown-here", OPTION_SWITCH, &question.shown_here, NULL, "cloud shelf: shown in the store, sent from anywhere"},
        {"pay", OPTION_TEXT, &question.pay, "wallet|hold", "how (default wallet)"},
        {"currency", OPTION_TEXT, &question.currency, "CODE", "outside of festivals (default: the shopper's)"},
    };
    const struct page page = {
        .name = "explain",
        .usage = "DIR ORDER\n       eleven explain DIR --shopper N --sku CODE[xQTY] ...",
        .about = "Says why an order was accepted, check by check, with figures, and what became of it; or why one\n"
                 "would be accepted or refused right now. Changes nothing; works beside a running sale.",
        .exits = "  explain: 0 also when the order would be refused: the question is answered",
        .example = "  eleven explain shop 1\n"
                   "  eleven explain shop --shopper 1 --sku red-mugx2 --festival 11.11 --may-split",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 2);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    if (plain.count == 2 && question_given(&question)) {
        cli_error("explain", "either the ORDER, or the options of an order that there might be");
        return CLI_USAGE;
    }
    if (plain.count == 2) {
        u64 order;
        if (cli_parse_number(slice_text(plain.texts[1]), UINT32_MAX, &order) && order > 0)
            return explain_order(plain.texts[0], (u32)order);
        cli_error("explain", "ORDER is the number of an order, not \"%s\"", plain.texts[1]);
        return CLI_USAGE;
    }
    if (question.pay == NULL)
        question.pay = "wallet";
    if (question_wrong(&question))
        return CLI_USAGE;
    return explain_question(plain.texts[0], &question);
}

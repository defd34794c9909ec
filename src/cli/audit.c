/*
 * The audit believes nobody: it reads the journal from its first command into
 * an empty engine, decides every command again, compares with what the writer
 * noted, works out every book and balance afresh, and reports.
 */
#include "base/money.h"
#include "cli/cli.h"
#include "cli/festival.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "journal/snapshot_format.h"
#include "node/node.h"

#include <stdio.h>
#include <stdlib.h>

struct audit {
    struct reader reader;
    u64 refused;            /* journaled commands that are refused when decided again */
    u64 first_refused_seq;
    struct result first_refused;
    u64 batches;
    u64 batch_errors;       /* the writer had another state */
    u64 first_bad_batch_seq;
    u64 snapshot_seq, snapshot_state; /* of the newest snapshot; 0: none */
    u64 snapshot_digest;
    bool snapshot_loaded;   /* all of it, into an engine of its own; else there was no memory for that */
    bool snapshot_met, snapshot_same;
    bool snapshot_damaged;
    enum journal_status snapshot_status;
    char snapshot_problem[JOURNAL_PROBLEM_MAX];
    struct check_report check;
    bool books_good;
};

/* Where one currency's money is. */
struct audit_money {
    i64 provider, wallets, sellers;
};

static bool audit_command(void *argument, struct reader *reader, u64 seq, const struct command_header *command,
                          struct result result)
{
    struct audit *audit = argument;
    (void)command;
    if (!result_changed(result)) {
        if (audit->refused++ == 0) {
            audit->first_refused_seq = seq;
            audit->first_refused = result;
        }
        return false; /* from here on every number would be off by one */
    }
    if (seq == audit->snapshot_seq) {
        audit->snapshot_met = true;
        audit->snapshot_same = engine_chain(reader->engine) == audit->snapshot_state
                               && (!audit->snapshot_loaded || engine_digest(reader->engine) == audit->snapshot_digest);
    }
    return true;
}

static void audit_batch(void *argument, struct reader *reader, u64 seq, u64 state)
{
    struct audit *audit = argument;
    audit->batches++;
    if (engine_chain(reader->engine) != state && audit->batch_errors++ == 0)
        audit->first_bad_batch_seq = seq;
}

static struct audit_money audit_money(const struct engine *engine, u32 currency)
{
    struct audit_money money = {.provider = engine_currency(engine, currency)->provider_minor};
    for (u32 i = 1; i <= engine_shopper_count(engine); i++) {
        const struct shopper *shopper = engine_shopper(engine, i);
        if (shopper->currency == currency)
            money.wallets += shopper->balance_minor;
        for (u32 id = shopper->first_wallet; id != 0; id = engine_wallet(engine, id)->next)
            if (engine_wallet(engine, id)->currency == currency)
                money.wallets += engine_wallet(engine, id)->balance_minor;
    }
    for (u32 i = 1; i <= engine_account_count(engine); i++)
        if (engine_account(engine, i)->currency == currency)
            money.sellers += engine_account(engine, i)->balance_minor;
    return money;
}

/* Whether the journal, and what follows from it, is good. */
static bool audit_journal_good(const struct audit *audit)
{
    return audit->refused == 0 && audit->batch_errors == 0 && audit->books_good;
}

static bool audit_good(const struct audit *audit)
{
    return audit_journal_good(audit) && !audit->snapshot_damaged && (!audit->snapshot_met || audit->snapshot_same);
}

static void audit_verdict(const char *what, u64 errors)
{
    char text[CLI_TEXT_MAX];
    if (errors == 0)
        printf("  ok     %s\n", what);
    else
        printf("  WRONG  %s: %s\n", what, cli_number(text, errors));
}

static void audit_print_snapshot(const struct audit *audit)
{
    if (audit->snapshot_damaged)
        printf("  WRONG  the newest snapshot: %s\n", audit->snapshot_problem);
    else if (audit->snapshot_met)
        audit_verdict("the newest snapshot has the state of its command", !audit->snapshot_same);
    else
        printf("  -      %s\n", audit->snapshot_seq == 0 ? "there is no snapshot to compare with"
                                                          : "the newest snapshot's command was not reached");
    if (!audit->snapshot_damaged && audit->snapshot_seq > 0 && !audit->snapshot_loaded)
        printf("  -      the snapshot's bytes were not checked: there is no memory to load it\n");
}

static void audit_print_journal(const struct audit *audit)
{
    char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX];
    printf("journal: %s commands in %s batches, decided again\n", cli_number(a, audit->reader.commands),
           cli_number(b, audit->batches));
    char refusal[CLI_REFUSAL_MAX];
    if (audit->refused > 0)
        printf("  WRONG  command %llu is refused now; the rest was not looked at: %s\n",
               (unsigned long long)audit->first_refused_seq,
               cli_refusal(refusal, audit->reader.engine, audit->first_refused));
    else
        audit_verdict("every one of them is accepted again", 0);
    audit_verdict("every batch leaves the state that its writer noted", audit->batch_errors);
    if (audit->batch_errors > 0)
        printf("         the first one ends with command %llu\n", (unsigned long long)audit->first_bad_batch_seq);
    audit_print_snapshot(audit);
}

static void audit_print_money(const struct engine *engine)
{
    for (u32 i = 1; i <= engine_currency_count(engine); i++) {
        struct audit_money money = audit_money(engine, i);
        char text[CLI_TEXT_MAX];
        printf("  " SLICE_FORMAT "  came in %s\n", SLICE_ARGS(cli_code(engine, i, engine_currency(engine, i)->text)),
               cli_money(text, engine, i, -money.provider));
        printf("       in wallets %s\n", cli_money(text, engine, i, money.wallets));
        printf("       sellers'   %s\n", cli_money(text, engine, i, money.sellers));
        printf("       sum        %s\n", cli_money(text, engine, i, money.provider + money.wallets + money.sellers));
    }
}

static void audit_print_festivals(const struct engine *engine)
{
    for (u32 i = 1; i <= engine_festival_count(engine); i++) {
        const struct festival *row = engine_festival(engine, i);
        char total[FESTIVAL_TOTAL_MAX], count[CLI_TEXT_MAX];
        printf("festival " SLICE_FORMAT "\n", SLICE_ARGS(cli_code(engine, i, row->text)));
        printf("  total  %s\n", festival_total(total, engine, row, row->paid_minor));
        printf("  orders %s placed,", cli_number(count, row->orders));
        printf(" %s paid,", cli_number(count, row->orders_paid));
        printf(" %s units\n", cli_number(count, row->units_paid));
        u64 exact = 0, bounded = 0;
        for (u32 j = 1; j <= engine_deal_count(engine); j++) {
            const struct deal *deal = engine_deal(engine, j);
            bounded += deal->festival == i && deal->quota > 0;
            exact += deal->festival == i && deal->quota > 0 && deal->taken == deal->quota;
        }
        printf("  deals  %llu with a quota, %llu of them sold out to the unit\n", (unsigned long long)bounded,
               (unsigned long long)exact);
    }
}

static void audit_print(const struct audit *audit)
{
    const struct engine *engine = audit->reader.engine;
    const struct check_report *check = &audit->check;
    char text[CLI_TEXT_MAX];
    audit_print_journal(audit);
    printf("units: %s received in", cli_number(text, check->units_received));
    printf(" %s stock books\n", cli_number(text, check->books));
    printf("  available %s,", cli_number(text, check->units_available));
    printf(" reserved %s,", cli_number(text, check->units_reserved));
    printf(" sold %s,", cli_number(text, check->units_sold));
    printf(" quarantine %s,", cli_number(text, check->units_quarantine));
    printf(" shrink %s\n", cli_number(text, check->units_shrink));
    audit_verdict("nothing is oversold", check->oversold);
    audit_verdict("every unit that came in is accounted for", check->unit_errors);
    printf("money:\n");
    audit_print_money(engine);
    audit_verdict("every currency sums to zero, and balances are those of the orders", check->ledger_errors);
    printf("orders: %s with", cli_number(text, check->orders));
    printf(" %s lines", cli_number(text, check->lines));
    printf(" of %s shoppers\n", cli_number(text, check->shoppers));
    audit_verdict("orders and their parts are in possible states and add up", check->order_errors);
    audit_verdict("quotas and per-person caps were kept", check->deal_errors);
    audit_verdict("budgets were kept", check->budget_errors);
    audit_verdict("meters are the sums of the orders", check->meter_errors);
    audit_verdict("shifts of tills are the sums of their journals, which agree with the orders", check->till_errors);
    audit_verdict("codes, GTINs, books, sales and answers are found again", check->index_errors);
    audit_print_festivals(engine);
    printf("state %016llx at command %llu\n", (unsigned long long)engine_digest(engine),
           (unsigned long long)engine_seq(engine));
    printf("%s\n", audit_good(audit) ? "audit passed" : "AUDIT FAILED");
}

static void audit_json_festivals(const struct engine *engine)
{
    printf("\"festivals\":[");
    for (u32 i = 1; i <= engine_festival_count(engine); i++) {
        const struct festival *row = engine_festival(engine, i);
        struct slice code = cli_code(engine, i, row->text);
        printf("%s{\"code\":\"", i > 1 ? "," : "");
        for (size_t j = 0; j < code.size; j++)
            printf(code.bytes[j] == '"' || code.bytes[j] == '\\' ? "\\%c" : "%c", code.bytes[j]);
        printf("\",\"paid_minor\":%lld,\"held_minor\":%lld,\"refunded_minor\":%lld,\"orders\":%llu,"
               "\"orders_paid\":%llu,\"units_paid\":%llu,\"peak_orders\":%llu}",
               (long long)row->paid_minor, (long long)row->held_minor, (long long)row->refunded_minor,
               (unsigned long long)row->orders, (unsigned long long)row->orders_paid,
               (unsigned long long)row->units_paid, (unsigned long long)row->peak_orders);
    }
    printf("]");
}

static void audit_print_json(const struct audit *audit)
{
    const struct check_report *check = &audit->check;
    const struct {
        const char *name;
        u64 value;
    } figures[] = {
        {"commands", audit->reader.commands}, {"batches", audit->batches}, {"refused_again", audit->refused},
        {"batch_errors", audit->batch_errors}, {"snapshot_seq", audit->snapshot_seq},
        {"snapshot_loaded", audit->snapshot_loaded},
        {"snapshot_errors", audit->snapshot_damaged || (audit->snapshot_met && !audit->snapshot_same)},
        {"orders", check->orders},
        {"lines", check->lines}, {"books", check->books}, {"shoppers", check->shoppers},
        {"units_received", check->units_received}, {"units_available", check->units_available},
        {"units_reserved", check->units_reserved}, {"units_sold", check->units_sold},
        {"units_quarantine", check->units_quarantine}, {"units_shrink", check->units_shrink},
        {"oversold", check->oversold}, {"unit_errors", check->unit_errors}, {"ledger_errors", check->ledger_errors},
        {"deal_errors", check->deal_errors}, {"budget_errors", check->budget_errors},
        {"meter_errors", check->meter_errors}, {"order_errors", check->order_errors},
        {"till_errors", check->till_errors},
        {"index_errors", check->index_errors},
    };
    printf("{\"passed\":%s,", audit_good(audit) ? "true" : "false");
    for (size_t i = 0; i < ARRAY_COUNT(figures); i++)
        printf("\"%s\":%llu,", figures[i].name, (unsigned long long)figures[i].value);
    printf("\"seq\":%llu,\"digest\":\"%016llx\",", (unsigned long long)engine_seq(audit->reader.engine),
           (unsigned long long)engine_digest(audit->reader.engine));
    audit_json_festivals(audit->reader.engine);
    printf("}\n");
}

/* Whether a snapshot of these sections fits into the memory that is free; its indexes take as much again. */
static bool audit_snapshot_fits(const struct audit *audit, const struct snapshot_head *head)
{
    const struct io *io = &audit->reader.io;
    u64 bytes = 0;
    for (u32 i = 0; i < head->section_count; i++)
        bytes += head->sections[i].size;
    return bytes <= io->memory_available(io->context) / 2;
}

/* Loads the newest snapshot into the reader's engine, to see that every byte of it is good. */
static void audit_load_snapshot(struct audit *audit)
{
    struct reader *reader = &audit->reader;
    struct snapshot_head head;
    char problem[JOURNAL_PROBLEM_MAX];
    enum journal_status status = snapshot_find(&reader->io, reader->directory, UINT64_MAX, &head);
    snprintf(problem, sizeof(problem), status == JOURNAL_ROT ? "its header is damaged" : "it cannot be read");
    audit->snapshot_loaded = audit->snapshot_damaged = false;
    if (status == JOURNAL_NOT_FOUND)
        return;
    if (status == JOURNAL_OK && audit_snapshot_fits(audit, &head)) {
        status = snapshot_restore(&reader->io, reader->directory, UINT64_MAX, reader->engine, &head, problem);
        audit->snapshot_loaded = status == JOURNAL_OK;
    }
    audit->snapshot_damaged = status != JOURNAL_OK;
    audit->snapshot_status = status;
    audit->snapshot_seq = status == JOURNAL_OK ? head.seq : reader_newest_snapshot(reader);
    audit->snapshot_state = head.state;
    if (audit->snapshot_loaded)
        audit->snapshot_digest = engine_digest(reader->engine);
    if (!audit->snapshot_damaged)
        return;
    const char *name = strrchr(snapshot_path("", reader_newest_snapshot(reader), "").text, '/') + 1;
    bool named = strstr(problem, name) != NULL;
    char *advice = strstr(problem, "; the journal has"); /* audit_exit knows better whether that is so */
    if (advice != NULL)
        *advice = '\0';
    snprintf(audit->snapshot_problem, sizeof(audit->snapshot_problem), "%.64s%s%.180s", named ? "" : name,
             named ? "" : ": ", problem);
}

/* Before the journal is read: one engine at a time is enough. False, said on standard error: it cannot go on. */
static bool audit_snapshot(struct audit *audit)
{
    struct reader *reader = &audit->reader;
    u64 newest;
    do {
        newest = reader_newest_snapshot(reader);
        audit_load_snapshot(audit);
        if (!reader_reset(reader))
            return false;
    } while (audit->snapshot_damaged && reader_newest_snapshot(reader) != newest); /* a sale has replaced it */
    reader->newest_seq = MAX(reader->newest_seq, audit->snapshot_seq);
    if (audit->snapshot_status != JOURNAL_FOREIGN)
        return true;
    cli_folder_error(reader->directory, JOURNAL_FOREIGN, strstr(audit->snapshot_problem, "eleven.conf:") != NULL
                                                             ? strstr(audit->snapshot_problem, "eleven.conf:")
                                                             : audit->snapshot_problem);
    return false;
}

static int audit_run(struct audit *audit)
{
    struct reader *reader = &audit->reader;
    if (!audit_snapshot(audit))
        return CLI_FOLDER;
    const struct reader_visitor visitor = {.argument = audit, .after = audit_command, .batch = audit_batch};
    int code = reader_replay(reader, &visitor);
    if (code != CLI_DONE)
        return code;
    size_t size = engine_check_size(reader->engine);
    void *scratch = reader->io.reserve(reader->io.context, size);
    if (scratch == NULL) {
        cli_error("audit", "no memory to work the books out (%zu bytes)", size);
        return CLI_FOLDER;
    }
    audit->books_good = engine_check(reader->engine, scratch, &audit->check);
    reader->io.release(reader->io.context, scratch, size);
    return CLI_DONE;
}

/* Damaged bytes are 3; good bytes that say something wrong are 1. */
static int audit_exit(const struct audit *audit)
{
    if (!audit->snapshot_damaged)
        return CLI_REFUSED;
    cli_error(audit->reader.directory, "%s: %s; %s", journal_status_word(audit->snapshot_status),
              audit->snapshot_problem,
              audit_journal_good(audit)
                  ? "the journal is good and has everything: move that file aside and start again"
                  : "the journal is not good either: restore the folder from a copy");
    return CLI_FOLDER;
}

int cli_audit(int argc, char **argv)
{
    struct option_texts plain;
    bool json = false;
    const struct option options[] = {
        {"json", OPTION_SWITCH, &json, NULL, "the figures as one JSON object"},
    };
    const struct page page = {
        .name = "audit",
        .usage = "DIR [--json]",
        .about = "Reads the journal from the beginning into an empty engine, decides every command again and works\n"
                 "out every book afresh. Changes nothing; works beside a running sale, on what is durable by then.",
        .exits = "  audit: 1 when anything is wrong; 3 when bytes of the journal or of the newest snapshot are\n"
                 "     damaged or missing",
        .example = "  eleven audit shop\n  eleven audit shop --json",
        .options = options,
        .option_count = ARRAY_COUNT(options),
    };
    enum options_result parsed = options_parse(&page, argc, argv, &plain, 1, 1);
    if (parsed != OPTIONS_GOOD)
        return options_exit(parsed);
    struct audit audit = {0};
    int code = reader_open(&audit.reader, plain.texts[0]);
    if (code != CLI_DONE)
        return code;
    code = audit_run(&audit);
    if (code == CLI_DONE && json)
        audit_print_json(&audit);
    else if (code == CLI_DONE)
        audit_print(&audit);
    if (code == CLI_DONE && !audit_good(&audit))
        code = audit_exit(&audit);
    reader_close(&audit.reader);
    return code;
}

#include "door/metric.h"

#include "door/admission.h"
#include "door/events.h"
#include "door/job.h"
#include "door/server.h"

#include <stdio.h>
#include <unistd.h>

static const u32 bounds_us[METRIC_BUCKETS - 1] = {50,    100,   200,   500,    1000,   2000,   5000,    10000,  20000,
                                                  50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000};

void histogram_add(struct histogram *histogram, i64 ns)
{
    u64 us = ns > 0 ? (u64)ns / 1000 : 0;
    u32 bucket = 0;
    while (bucket < METRIC_BUCKETS - 1 && us > bounds_us[bucket])
        bucket++;
    histogram->buckets[bucket]++;
    histogram->count++;
    histogram->sum_us += us;
}

static void page_histogram(struct buffer *page, const char *name, const char *help, const struct histogram *histogram)
{
    u64 below = 0;
    buffer_format(page, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
    for (u32 i = 0; i < METRIC_BUCKETS - 1; i++) {
        below += histogram->buckets[i];
        buffer_format(page, "%s_bucket{le=\"%u.%06u\"} %llu\n", name, bounds_us[i] / 1000000, bounds_us[i] % 1000000,
                      (unsigned long long)below);
    }
    buffer_format(page, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %llu.%06llu\n%s_count %llu\n", name,
                  (unsigned long long)histogram->count, name, (unsigned long long)histogram->sum_us / 1000000,
                  (unsigned long long)histogram->sum_us % 1000000, name, (unsigned long long)histogram->count);
}

static void page_value(struct buffer *page, const char *name, const char *type, const char *help, u64 value)
{
    buffer_format(page, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
                  (unsigned long long)value);
}

static void page_results(struct server *server, struct buffer *page)
{
    buffer_text(page, "# HELP eleven_results_total Commands decided, by result.\n"
                      "# TYPE eleven_results_total counter\n");
    for (u16 i = 0; i < 127; i++)
        if (server->stats.results[i] > 0)
            buffer_format(page, "eleven_results_total{result=\"%s\"} %llu\n", result_word(i),
                          (unsigned long long)server->stats.results[i]);
    buffer_text(page, "# HELP eleven_http_responses_total Answers, by class of status.\n"
                      "# TYPE eleven_http_responses_total counter\n");
    for (u32 i = 1; i < METRIC_STATUSES; i++)
        buffer_format(page, "eleven_http_responses_total{status=\"%uxx\"} %llu\n", i,
                      (unsigned long long)server->metrics.http_status[i]);
}

static void page_pools(struct server *server, struct buffer *page)
{
    buffer_text(page, "# HELP eleven_pool_used Rows in use of a configured limit.\n# TYPE eleven_pool_used gauge\n");
    for (int i = 0; i < LIMIT_COUNT; i++)
        buffer_format(page, "eleven_pool_used{pool=\"%s\"} %llu\n", engine_limit_name((enum limit_index)i),
                      (unsigned long long)engine_used(server->engine, (enum limit_index)i));
    buffer_text(page, "# HELP eleven_pool_capacity The limit, from eleven.conf.\n"
                      "# TYPE eleven_pool_capacity gauge\n");
    for (int i = 0; i < LIMIT_COUNT; i++)
        buffer_format(page, "eleven_pool_capacity{pool=\"%s\"} %llu\n", engine_limit_name((enum limit_index)i),
                      (unsigned long long)engine_capacity(server->engine, (enum limit_index)i));
}

static u64 resident_bytes(void)
{
    size_t resident = 0;
    uv_resident_set_memory(&resident);
    return resident;
}

static void page_journal(struct server *server, struct buffer *page)
{
    struct eleven_stats stats;
    u64 seq = engine_seq(server->engine), durable = eleven_durable(server->eleven);
    eleven_stats(server->eleven, &stats);
    page_value(page, "eleven_journal_seq", "gauge", "The last sequence number decided.", seq);
    page_value(page, "eleven_journal_durable", "gauge", "The last sequence number that survives a crash.", durable);
    page_value(page, "eleven_journal_bytes_total", "counter", "Written by this process.", stats.journal_bytes);
    page_value(page, "eleven_journal_failed", "gauge", "1: nothing is acknowledged any more.",
               eleven_status(server->eleven) != JOURNAL_OK);
    page_value(page, "eleven_snapshots_total", "counter", "Written beside the sale.", stats.snapshots);
    page_value(page, "eleven_view_behind", "gauge", "Sequence numbers that the views are behind.",
               server->view != NULL ? durable - MIN(durable, view_seq(server->view)) : 0);
}

void metric_page(struct server *server, struct buffer *page)
{
    const struct server_stats *stats = &server->stats;
    struct admission_stats admission;
    admission_stats(server->admission, &admission);
    page_histogram(page, "eleven_http_request_seconds", "From a request's last byte to its answer at the gate.",
                   &server->metrics.http);
    page_histogram(page, "eleven_journal_seconds", "From a decision to its being durable.", &server->metrics.journal);
    page_histogram(page, "eleven_pass_seconds", "Work of one pass of the loop.", &server->metrics.pass);
    page_value(page, "eleven_http_requests_total", "counter", "HTTP requests.", stats->requests_http);
    page_value(page, "eleven_resp_requests_total", "counter", "RESP requests.", stats->requests_resp);
    page_value(page, "eleven_bad_requests_total", "counter", "What could not be read as a request.",
               stats->bad_requests);
    page_value(page, "eleven_rate_limited_total", "counter", "Refused by a rate limit.", stats->limited);
    page_results(server, page);
    page_value(page, "eleven_admitted_total", "counter", "Orders that passed admission.", admission.admitted);
    page_value(page, "eleven_admitted_by_ticket_total", "counter", "Those of them that had waited.",
               admission.by_ticket);
    page_value(page, "eleven_overload_refused_total", "counter", "Orders sent away with a ticket.", admission.refused);
    page_value(page, "eleven_line_waiting", "gauge", "Tickets not called yet.", admission.waiting);
    page_value(page, "eleven_busy_total", "counter", "Commands refused because the disk was stuck.", stats->busy);
    page_value(page, "eleven_desk_commands", "gauge", "Commands that wait to be decided.", server->desk.count);
    page_value(page, "eleven_gate_connections", "gauge", "Connections whose answers wait for the disk.",
               server->gate_count);
    page_value(page, "eleven_jobs", "gauge", "Work under way beside the loop.", jobs_running(server));
    page_value(page, "eleven_connections", "gauge", "Open connections.", server->conn_count);
    page_value(page, "eleven_connections_total", "counter", "Connections accepted.", stats->connections);
    page_value(page, "eleven_connections_refused_total", "counter", "Connections beyond the bound.",
               stats->connections_refused);
    page_value(page, "eleven_unread_bytes", "gauge", "Answers that clients have not read.", server->unread.bytes);
    page_value(page, "eleven_unread_ended_total", "counter", "Connections ended for reading slowest, under pressure.",
               server->unread.ended);
    struct events_stats events;
    events_stats(server->events, &events);
    page_value(page, "eleven_event_streams", "gauge", "Listeners of server-sent events.", events.streams);
    page_value(page, "eleven_events_total", "counter", "Events sent.", events.sent);
    page_value(page, "eleven_events_skipped_total", "counter", "Not sent to who has not read the last.", events.skipped);
    page_journal(server, page);
    page_value(page, "eleven_resident_bytes", "gauge", "Memory in use.", resident_bytes());
    page_pools(server, page);
}

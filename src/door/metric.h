/*
 * Metrics: counters and histograms of the doors, shown by /metrics in the
 * Prometheus text format 0.0.4. All are written by the loop's thread only.
 */
#ifndef ELEVEN_DOOR_METRIC_H
#define ELEVEN_DOOR_METRIC_H

#include "base/buffer.h"

struct server;

/* Upper bounds of the buckets in us: 50, 100, 200, 500, 1 ms, ... 10 s; the last gathers the rest. */
#define METRIC_BUCKETS 18
struct histogram {
    u64 buckets[METRIC_BUCKETS];
    u64 count;
    u64 sum_us;
};

#define METRIC_STATUSES 6   /* 1xx..5xx, by first digit */
struct metrics {
    struct histogram journal;       /* from a decision to its being durable */
    struct histogram http;          /* from a request's last byte to its reply at the gate */
    struct histogram pass;          /* the work of one pass of the loop */
    u64 http_status[METRIC_STATUSES];
};

void histogram_add(struct histogram *histogram, i64 ns);

/* The whole page. */
void metric_page(struct server *server, struct buffer *page);

#endif

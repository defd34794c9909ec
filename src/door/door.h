/*
 * The doors: one process that serves a data folder over HTTP and RESP until it
 * is told to stop. `eleven serve` is this with options read from flags, environment and file.
 */
#ifndef ELEVEN_DOOR_DOOR_H
#define ELEVEN_DOOR_DOOR_H

#include "base/types.h"
#include "io/io.h"

#define DOOR_VERSION "0.2.0"

struct door_options {
    const char *directory;
    const char *http_listen;        /* "127.0.0.1:1111"; NULL: no HTTP */
    const char *https_listen;       /* with a certificate; NULL: none */
    const char *resp_listen;        /* "127.0.0.1:1112"; NULL: no RESP */
    const char *tls_certificate;    /* PEM files */
    const char *tls_key;
    const char *public_url;         /* what links in feeds begin with; NULL: http:// and the Host asked for */
    u32 connections_max;
    u32 requests_per_second;        /* a caller's or an address's steady rate over HTTP; 0: no bound */
    u32 in_flight_ms;               /* of work that a pass may take in before orders are refused: admission.h */
    bool test_payments;             /* the test payment provider answers: never with real money */
    bool resp_open;                 /* RESP without AUTH has an integrator's rights: benchmarks and private machines */
    bool hooks_private;             /* webhooks may go to private addresses */
    bool no_views;                  /* no search, order lists and webhooks; saves a second state in memory */
    bool log_requests;
    u64 journal_ahead_bytes;
    u64 orders_ahead;
    u32 batch_bytes_max, flush_bytes; /* of the journal, as eleven.h says; small: the doors meet one without room */
    u64 snapshot_every_bytes;       /* begin one beside the sale after so much journal; 0: as eleven.h says */
    const struct io *io;            /* of the engine and its journal; NULL: this machine's */
};

void door_options_default(struct door_options *options);

enum door_exit {
    DOOR_STOPPED,                   /* asked to, and all is on the disk */
    DOOR_FOLDER,                    /* the data folder or its disk */
    DOOR_ADDRESS,                   /* cannot listen there, or a certificate cannot be read */
};

/* Serves until SIGTERM or SIGINT. Says on standard error, as one line of JSON each, what happens. */
enum door_exit door_run(const struct door_options *options);

#endif

/*
 * Connections of the load generators: TCP to an address of this machine, as
 * "127.0.0.1:1111". What goes wrong here ends the process with a sentence.
 */
#ifndef ELEVEN_BENCH_DIAL_H
#define ELEVEN_BENCH_DIAL_H

#include "base/types.h"

#include <netinet/in.h>

/* IPv4 only. Ends the process when `text` is no such address. */
struct sockaddr_in dial_address(const char *text);

/* Connected, without Nagle's delay, non-blocking. */
int dial(const struct sockaddr_in *address);

/* Begins to connect: writable once it is (or has failed: dial_failed). `source` spreads the connections over source
 * addresses 127.0.0.1 to .16, so that ten thousands of them find a port. */
int dial_begin(const struct sockaddr_in *address, u32 source);

/* The errno of a connection attempt that has ended; 0: connected. */
int dial_failed(int file);

/* Closes at once and leaves nothing in TIME-WAIT. */
void dial_close(int file);

/* Lets this process open `files` descriptors, or ends it. */
void dial_files(u64 files);

#endif

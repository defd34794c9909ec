/*
 * TLS of a connection, by OpenSSL over memory: cipher bytes come from and go
 * to the socket through conn.c. TLS 1.2 or newer, the library's defaults for the rest.
 */
#ifndef ELEVEN_DOOR_TLS_H
#define ELEVEN_DOOR_TLS_H

#include "base/types.h"

struct conn;
struct tls;
struct tls_context;

/* Reads certificate chain and key (PEM). NULL, and `problem` (256 bytes) says why. */
struct tls_context *tls_open(const char *certificate, const char *key, char *problem);
void tls_close(struct tls_context *context);

struct tls *tls_new(struct tls_context *context);
void tls_free(struct tls *tls);

/* Cipher bytes that arrived: gives plain ones to conn_plain and answers handshakes. Closes the connection on an
 * error. */
void tls_receive(struct conn *conn, const char *bytes, size_t size);

/* Plain bytes that may leave. */
void tls_send(struct conn *conn, const char *bytes, size_t size);

#endif

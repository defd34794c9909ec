#include "door/tls.h"

#include "base/assert.h"
#include "door/conn.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

#define TLS_PIECE 16384 /* a record's plain bytes */

struct tls_context {
    SSL_CTX *ssl;
};

struct tls {
    SSL *ssl;
    BIO *in, *out;              /* belong to ssl */
};

static const unsigned char tls_http11[] = "\x08http/1.1";

/* We speak HTTP/1.1 and nothing else. */
static int tls_choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
                               unsigned in_size, void *argument)
{
    (void)ssl;
    (void)argument;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_size, tls_http11, sizeof(tls_http11) - 1, in, in_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

struct tls_context *tls_open(const char *certificate, const char *key, char *problem)
{
    struct tls_context *context = calloc(1, sizeof(*context));
    ASSERT(context != NULL);
    context->ssl = SSL_CTX_new(TLS_server_method());
    ASSERT(context->ssl != NULL);
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS); /* 34 KB less for each quiet connection */
    SSL_CTX_set_alpn_select_cb(context->ssl, tls_choose_protocol, NULL);
    const char *what = NULL;
    if (SSL_CTX_use_certificate_chain_file(context->ssl, certificate) != 1)
        what = certificate;
    else if (SSL_CTX_use_PrivateKey_file(context->ssl, key, SSL_FILETYPE_PEM) != 1 ||
             SSL_CTX_check_private_key(context->ssl) != 1)
        what = key;
    if (what == NULL)
        return context;
    snprintf(problem, 256, "%s: %s", what, ERR_reason_error_string(ERR_peek_last_error()));
    tls_close(context);
    return NULL;
}

void tls_close(struct tls_context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

struct tls *tls_new(struct tls_context *context)
{
    struct tls *tls = calloc(1, sizeof(*tls));
    ASSERT(tls != NULL);
    tls->ssl = SSL_new(context->ssl);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    ASSERT(tls->ssl != NULL && tls->in != NULL && tls->out != NULL);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

/* Cipher bytes that OpenSSL has made go to the socket. */
static void tls_flush(struct conn *conn)
{
    char bytes[TLS_PIECE];
    int size;
    while (!conn->closing && conn->tls != NULL && (size = BIO_read(conn->tls->out, bytes, sizeof(bytes))) > 0)
        conn_raw(conn, bytes, (size_t)size);
}

void tls_receive(struct conn *conn, const char *bytes, size_t size)
{
    char plain[TLS_PIECE];
    ERR_clear_error();
    BIO_write(conn->tls->in, bytes, (int)size);
    for (;;) {
        int got = SSL_read(conn->tls->ssl, plain, sizeof(plain));
        if (got <= 0) {
            int error = SSL_get_error(conn->tls->ssl, got);
            tls_flush(conn);
            if (error != SSL_ERROR_WANT_READ && !conn->closing)
                conn_close(conn);
            break;
        }
        conn_plain(conn, plain, (size_t)got);
        if (conn->closing)
            return;
    }
    if (!conn->closing)
        conn_push(conn);
}

void tls_send(struct conn *conn, const char *bytes, size_t size)
{
    ERR_clear_error();
    int sent = SSL_write(conn->tls->ssl, bytes, (int)size);
    if (sent != (int)size) {
        conn_close(conn);
        return;
    }
    tls_flush(conn);
}

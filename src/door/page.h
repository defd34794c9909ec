/*
 * Plain HTML pages, without scripts and with their style in them, as the pages' Content-Security-Policy wants
 * (http_reply.c): light or dark as the reader's machine is, and readable on a phone.
 */
#ifndef ELEVEN_DOOR_PAGE_H
#define ELEVEN_DOOR_PAGE_H

#include "base/buffer.h"

#define PAGE_TYPE "text/html; charset=utf-8"

/* Everything up to the first line of the page's own content, and all behind the last. */
void page_begin(struct buffer *out, const char *title);
void page_end(struct buffer *out);

/* Text, with what HTML would take for its own escaped (also in attributes with double quotes). */
void page_text(struct buffer *out, const char *text);
void page_slice(struct buffer *out, struct slice text);

#endif

/*
 * What link.c and link_write.c know of application identifiers: the table link_ai.def, and which of them qualify which
 * key.
 */
#ifndef ELEVEN_CODE_LINK_TABLE_H
#define ELEVEN_CODE_LINK_TABLE_H

#include "code/link.h"

/* A primary key (URI Syntax). */
bool link_is_key(struct slice ai);

/* An AI that may stand in the query. */
bool link_is_attribute(struct slice ai);

/* The place of a qualifier behind this key, from 1; above LINK_PLACE_ALONE when it must be the only one. 0: it
 * qualifies another key, or none. */
#define LINK_PLACE_ALONE 100u
unsigned link_qualifier_place(struct slice key, struct slice ai);

/* What is wrong with an AI's value (decoded, size > 0). The AI is one that there is. */
enum link_status link_value_status(struct slice ai, struct slice value);

#endif

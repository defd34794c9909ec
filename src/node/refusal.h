/*
 * A refusal as people read it: what an import, a door or the command line says of an answer that is not ok.
 */
#ifndef ELEVEN_NODE_REFUSAL_H
#define ELEVEN_NODE_REFUSAL_H

#include "core/engine.h"

/* "word: sentence"; a full pool is named, with its size when `engine` is not NULL and the way out. Returns `text`
 * (REFUSAL_MAX bytes). */
#define REFUSAL_MAX 320
char *refusal_text(char *text, const struct engine *engine, struct result result);

#endif

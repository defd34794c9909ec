/*
 * The pages that the server makes once, when it starts: the description of the API for machines and for people, and
 * the start page.
 */
#ifndef ELEVEN_DOOR_PAGES_H
#define ELEVEN_DOOR_PAGES_H

struct pages;

struct pages *pages_open(void);
void pages_close(struct pages *pages);

#endif

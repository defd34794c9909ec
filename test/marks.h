/*
 * marks.h: how often the marks (base/mark.h) were reached, kept and shown. A
 * program that is linked with marks.c and was built with marks (MODE=simulate
 * or coverage) appends its counts to the file named by ELEVEN_MARKS_FILE when it
 * ends; tools/coverage sums them over many programs. Without that variable, or
 * without marks, it does nothing.
 */
#ifndef ELEVEN_TEST_MARKS_H
#define ELEVEN_TEST_MARKS_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Appends one line `NAME count` for each mark, those never reached included, in a single write: processes that end
 * at the same time do not mix. False: the file cannot be written; true without marks.
 */
bool marks_save(const char *path);

/* One line for each mark: count, name, kind, meaning. */
void marks_print(FILE *file);

#endif

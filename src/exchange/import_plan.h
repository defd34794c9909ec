/*
 * The plan of a location (location.plan), as a row of locations.csv says it: optional columns behind those of the
 * location itself. What has no column stays as it is; an empty field is what its column's comment says. A row whose
 * fields are all empty says nothing about the plan.
 */
#ifndef ELEVEN_EXCHANGE_IMPORT_PLAN_H
#define ELEVEN_EXCHANGE_IMPORT_PLAN_H

#include "exchange/import.h"

enum import_plan_column {
    IMPORT_PLAN_UTC_OFFSET,     /* +08:00; empty: UTC, of a new plan, else as it was */
    IMPORT_PLAN_HOURS,          /* 09:00-21:30, Monday to Friday; empty: closed */
    IMPORT_PLAN_WEEKEND_HOURS,  /* Saturday and Sunday; empty: closed */
    IMPORT_PLAN_CUT_OFF,        /* 15:00; empty: 00:00, nothing leaves on the day it is ordered */
    IMPORT_PLAN_CAPACITY,       /* orders in an hour; empty: no bound */
    IMPORT_PLAN_PREPARE,        /* minutes; empty: 0 */
    IMPORT_PLAN_KEEP_DAYS,      /* empty: KEEP_DAYS_DEFAULT */
    IMPORT_PLAN_DAYS_CITY,      /* empty: 0 */
    IMPORT_PLAN_DAYS_FAR,       /* empty: 0 */
    IMPORT_PLAN_COLUMNS
};

/* Their names in a file, in that order. Static. */
extern const char *const import_plan_names[IMPORT_PLAN_COLUMNS];

/* Rehearses location.plan as the row says, whose plan columns begin at column `first`. Errors are told. `location`
 * exists. */
void import_plan(struct import *import, struct table *table, size_t first, u32 location);

#endif

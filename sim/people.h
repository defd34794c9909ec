/*
 * people.h: the accounts of all worlds. Passwords take a while to hash, so they
 * are made once, in a folder of real files; each world gets a copy of it.
 */
#ifndef ELEVEN_SIM_PEOPLE_H
#define ELEVEN_SIM_PEOPLE_H

#include "sim/client.h"

/* Makes them in `folder`; false: that failed. Random numbers for secrets follow a seed, so that bytes repeat. */
bool people_make(const char *folder, struct sim_account accounts[PERSON_COUNT]);
/* folder/accounts.db as it was made -> to/accounts.db */
bool people_copy(const char *folder, const char *to);
/* From now on libsodium's random numbers follow this seed. */
void people_seed(u64 seed);

#endif

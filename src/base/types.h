/*
 * Short names for the fixed-width integers that commands, records and entities
 * are made of. They are used wherever the width is part of a contract (a byte
 * layout, a bound); `int` and `size_t` serve everywhere else.
 */
#ifndef ELEVEN_BASE_TYPES_H
#define ELEVEN_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "commands and journal records are little-endian and are written as they lie in memory"
#endif

/* Lengths of time. */
#define MINUTE_MS ((i64)60 * 1000)
#define HOUR_MS ((i64)3600 * 1000)
#define DAY_MS ((i64)24 * 3600 * 1000)
#define DAY_MIN ((i64)24 * 60)

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#endif

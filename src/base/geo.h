/*
 * Distances for routing, in integers, so that every machine ranks alike.
 */
#ifndef ELEVEN_BASE_GEO_H
#define ELEVEN_BASE_GEO_H

#include "base/types.h"

/*
 * A number that grows with the distance between two places given in degrees x
 * 1,000,000: the square of the equirectangular approximation, longitude scaled
 * by the cosine of the first place's latitude (whole degrees, 1/65536). Right to
 * rank places within a country; not a length. In [0, 2^57).
 */
i64 geo_distance(i32 longitude_a, i32 latitude_a, i32 longitude_b, i32 latitude_b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that this project does without, made unusable. config.h includes
 * this file, so it is in force everywhere. The system headers come first: a
 * later declaration of a banned name would not compile.
 *
 * Instead of: strcpy and friends    struct tally_buf, or memcpy with a length
 *             sprintf               tally_buf_printf, snprintf
 *             strtok                a cursor over struct tally_span
 *             atoi, atol, atoll     tally_span_to_u64
 *             gmtime, localtime     gmtime_r, tally_clock_format
 *             rand, random          tally_rand_bytes
 */
#ifndef TALLY_BASE_BANNED_H
#define TALLY_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TALLY_BANNED(name) tally_banned_##name##_see_base_banned_h

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#define strcpy(a, b) TALLY_BANNED(strcpy)
#define strcat(a, b) TALLY_BANNED(strcat)
#define strncpy(a, b, n) TALLY_BANNED(strncpy)
#define strncat(a, b, n) TALLY_BANNED(strncat)
#define sprintf(...) TALLY_BANNED(sprintf)
#define vsprintf(...) TALLY_BANNED(vsprintf)
#define strtok(a, b) TALLY_BANNED(strtok)
#define atoi(a) TALLY_BANNED(atoi)
#define atol(a) TALLY_BANNED(atol)
#define atoll(a) TALLY_BANNED(atoll)
#define gmtime(a) TALLY_BANNED(gmtime)
#define localtime(a) TALLY_BANNED(localtime)
#define rand() TALLY_BANNED(rand)
#define random() TALLY_BANNED(random)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Marks in memory, by the fake or the real clock. Any thread may use them. */
#ifndef TALLY_FAKE_MARKS_H
#define TALLY_FAKE_MARKS_H

#include <stdbool.h>

#include "store/marks.h"

/* No marks yet; ended by the close operation. NULL: out of memory. */
struct tally_marks *tally_fake_marks_new(void);

/* While they are down, every operation returns TALLY_ERR_UNAVAILABLE. */
void tally_fake_marks_down(struct tally_marks *marks, bool down);

/* How many operations were called; close is none. */
unsigned int tally_fake_marks_calls(struct tally_marks *marks);

#endif

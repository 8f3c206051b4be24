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

/* Whether check finds that nothing is kept: TALLY_ERR_CONFIG. */
void tally_fake_marks_forgetful(struct tally_marks *marks, bool forgetful);

/* How many operations were called but for check, which the keeper calls, and close. */
unsigned int tally_fake_marks_calls(struct tally_marks *marks);

#endif

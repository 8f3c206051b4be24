/* SPDX-License-Identifier: Apache-2.0 */
/* What a test is about to log, kept in a file to be looked at. */
#ifndef TALLY_TESTS_UNIT_LOGGED_H
#define TALLY_TESTS_UNIT_LOGGED_H

/* Set-up and tear-down of a group: a folder, which is to be empty at the end. */
int logged_make_dir(void **state);
int logged_remove_dir(void **state);

/* The folder, for what else a test writes. */
const char *logged_dir(void);

/* From here on, as on a command line. */
void logged_start(void);

/* What was logged since then; static. */
const char *logged(void);

#endif

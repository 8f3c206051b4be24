/* SPDX-License-Identifier: Apache-2.0 */
/* What is special about secret bytes: how they are compared and forgotten. */
#ifndef TALLY_BASE_SECRET_H
#define TALLY_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Equality in a time that depends on n alone. Both sides have n bytes: compare
 * digests of one length, not secrets of two.
 */
bool tally_secret_equal(const void *a, const void *b, size_t n);

/* Overwrites n bytes in a way that the compiler may not remove. */
void tally_secret_wipe(void *p, size_t n);

/* Wipes n bytes and frees them; NULL is allowed. */
void tally_secret_free(void *p, size_t n);

#endif

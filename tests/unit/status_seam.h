/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of whole requests for status lists share: the service with lists in
 * memory, and another process beside it that publishes when a test says so.
 * Everything that fails fails the test.
 */
#ifndef TALLY_TESTS_STATUS_SEAM_H
#define TALLY_TESTS_STATUS_SEAM_H

#include "status/publish.h"
#include "tests/fake/clock.h"
#include "tests/unit/seam.h"

/* Keys of the pools "tests" (two of them) and "other". */
#define STATUS_KEY "key-of-tests"
#define STATUS_KEY_2 "second-key-of-tests"
#define STATUS_KEY_OTHER "key-of-other"

/* A client of the pool "tests" that may get both scopes; its secret is as usual. */
#define STATUS_CLIENT "wallet"

#define STATUS_SIZE 1000
#define STATUS_BASE "https://as.example/status-lists/"

struct status_seam {
	struct tally_fake_service service;
	struct tally_pools *pools; /* the other process */
	struct tally_keyset *keys;
	struct tally_publisher *publisher;
};

/*
 * Opens the service with the pools above and this client, and publishes. tests: 1000
 * entries of 2 bits, 3 is final, aggregation-id "all", updates are published at once;
 * other: the same with 8 bits and nothing final. of_tests: more lines of [pool.tests];
 * more: of the configuration; either may be NULL.
 */
void status_open(struct status_seam *seam, const char *of_tests, const char *more);
void status_close(struct status_seam *seam);

/* All that is due is published; time passes, so that everybody looks again. */
void status_publish(struct status_seam *seam);

/* One request with this key (NULL: none); a body is JSON. */
struct tally_span status_ask(struct status_seam *seam, const char *method, const char *uri,
			    const char *key, const char *body);

/* One reference of the pool "tests". Returns its index; the URI is copied out. */
unsigned int status_new(struct status_seam *seam, char uri[SEAM_TEXT_MAX]);

/* PATCH /status-lists/update. */
struct tally_span status_update(struct status_seam *seam, const char *uri, const char *index,
			       const char *value);

/* The number behind "value":  as it is now. */
unsigned int status_value(struct status_seam *seam, const char *uri, unsigned int index);

/* The answer has this status, and this code. */
void status_assert_refused(struct tally_span response, const char *status, const char *code);

struct tally_span status_body(struct tally_span response);

/* The value of a header, copied out. */
void status_header(struct tally_span response, const char *name, char out[SEAM_TEXT_MAX]);

#endif

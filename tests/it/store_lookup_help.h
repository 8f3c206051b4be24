/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the store that share statements, and the answers to who asks alone. */
#ifndef TALLY_TESTS_IT_STORE_LOOKUP_HELP_H
#define TALLY_TESTS_IT_STORE_LOOKUP_HELP_H

#include "base/buf.h"
#include "tests/it/store_help.h"

#define LOOKUP_NUMBERS 24 /* that each is asked for; more than a statement has slots */
#define LOOKUP_REVOKED 6u /* the only one that needs no memory, and knows no "not found" */
#define LOOKUP_QUESTIONS 7u

/* What is read is the arena's; all of what the answer says goes into text. */
typedef enum tally_err lookup_question(struct tally_arena *arena, int number,
				       struct tally_buf *text);

struct lookup_answer {
	enum tally_err err;
	struct tally_span text;
};

/* Opened by the test. */
extern struct store_help help;

extern lookup_question *const lookup_questions[LOOKUP_QUESTIONS];
extern struct lookup_answer lookup_answers[LOOKUP_QUESTIONS][LOOKUP_NUMBERS];

/* Fills the tables: three of four numbers are there. Then asks everything, alone. */
void lookup_help_fill(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the statements, and their texts; see statement.def. */
#ifndef TALLY_STORE_MYSQL_STATEMENT_H
#define TALLY_STORE_MYSQL_STATEMENT_H

/* How many keys the statements that end in _many take. */
#define TALLY_LOOKUP_SLOTS 16u

enum tally_statement {
#define TALLY_STATEMENT(name, access, text) TALLY_STATEMENT_##name,
#include "store/mysql/statement.def"
#undef TALLY_STATEMENT
	TALLY_STATEMENT_COUNT
};

/* What a statement may cost; see statement.def. */
enum tally_statement_access {
	TALLY_ACCESS_KEY, TALLY_ACCESS_KEYS, TALLY_ACCESS_RANGE, TALLY_ACCESS_LIST, TALLY_ACCESS_WRITE
};

struct tally_statement_row {
	const char *name;
	enum tally_statement_access access;
	const char *text;
};

extern const struct tally_statement_row tally_statements[TALLY_STATEMENT_COUNT];

#endif

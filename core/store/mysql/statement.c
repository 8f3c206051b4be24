/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/statement.h"

/* The columns of a client with one of its secrets; read_row of client.c. */
#define CLIENT_COLUMNS \
	"c.client_id, c.name, c.grants, c.scopes, c.default_scopes, c.audience," \
	" c.access_lifetime, c.created_at, c.disabled_at," \
	" s.secret_id, s.digest, s.created_at, s.expires_at"

const struct tally_statement_row tally_statements[TALLY_STATEMENT_COUNT] = {
#define TALLY_STATEMENT(name, access, text) \
	[TALLY_STATEMENT_##name] = { #name, TALLY_ACCESS_##access, text },
#include "store/mysql/statement.def"
#undef TALLY_STATEMENT
};

/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of pools say of them. */
#ifndef TALLY_FCGI_POOL_OUTPUT_H
#define TALLY_FCGI_POOL_OUTPUT_H

#include "admin/pool.h"
#include "admin/pool_lists.h"
#include "fcgi/session.h"

/* active, retired, wrong or hidden. */
const char *tally_pool_state_word(const struct tally_admin_pool *pool);

/* Where it is defined; the arena's. */
struct tally_span tally_pool_place_text(const struct tally_session *session,
					const struct tally_admin_pool *pool,
					struct tally_arena *arena);

/*
 * Prints all that is known of a pool. open, figures: of Redis; NULL: nothing can be
 * told. With session->json, the state of each list, too, which may fail.
 */
enum tally_err tally_pool_print(const struct tally_session *session,
				const struct tally_admin_pool *pool, const struct tally_pool *open,
				const struct tally_pool_figures *figures,
				struct tally_arena *arena) TALLY_MUST_CHECK;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* How a site is made, and how threads hold on to it. */
#ifndef TALLY_APP_SITE_H
#define TALLY_APP_SITE_H

#include "http/site.h"

struct tally_site_box; /* a site and the count of its holders */

/*
 * Makes a site of a configuration and keys. conf: taken, also on failure. keys:
 * may be NULL (not read yet); held. TALLY_ERR_CONFIG: logged.
 */
enum tally_err tally_site_new(struct tally_conf *conf, struct tally_keyset *keys,
			      struct tally_site_box **out) TALLY_MUST_CHECK;

/* The same configuration with other keys. */
enum tally_err tally_site_with_keys(struct tally_site_box *box, struct tally_keyset *keys,
				    struct tally_site_box **out) TALLY_MUST_CHECK;

struct tally_site_box *tally_site_ref(struct tally_site_box *box);
void tally_site_free(struct tally_site_box *box);
const struct tally_site *tally_site_of(const struct tally_site_box *box);

#endif

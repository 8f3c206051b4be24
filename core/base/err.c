/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/err.h"

const char *tally_err_text(enum tally_err err)
{
	switch (err) {
	case TALLY_OK:
		return "no error";
#define TALLY_ERR(name, text) \
	case TALLY_ERR_##name: \
		return text;
#include "base/err.def"
#undef TALLY_ERR
	}
	return "unknown error";
}

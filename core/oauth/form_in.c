/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/form_in.h"

enum tally_fault tally_oauth_form(struct tally_request *rq, struct tally_form *form)
{
	struct tally_span type = rq->params.content_type;
	struct tally_span media = tally_span_trim(tally_span_cut(&type, ';'));
	const char *why = "";

	if (!tally_span_eq_nocase(media, TALLY_SPAN("application/x-www-form-urlencoded")))
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
				   "content type is \"%.*s\", not a form",
				   TALLY_SPAN_ARG(rq->params.content_type));
	enum tally_err err = tally_form_parse(form, rq->arena, rq->body, &why);

	if (err == TALLY_ERR_NOMEM)
		return tally_fault_of(rq, err, "reading a form");
	if (err != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "form: %s", why);
	return TALLY_FAULT_NONE;
}

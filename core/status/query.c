/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/query.h"

#include "codec/form.h"

static const struct tally_form_field *find(const struct tally_form *form, struct tally_span name)
{
	for (size_t i = 0; i < form->count; i++)
		if (tally_span_eq(form->fields[i].name, name))
			return &form->fields[i];
	return NULL;
}

enum tally_fault tally_query_number(struct tally_request *rq, struct tally_span name,
				    uint64_t least, uint64_t most, bool *found, uint64_t *out)
{
	struct tally_form form;
	const char *why;

	*found = false;
	if (rq->query.n == 0)
		return TALLY_FAULT_NONE;
	enum tally_err err = tally_form_parse(&form, rq->arena, rq->query, &why);

	if (err == TALLY_ERR_NOMEM)
		return tally_fault_of(rq, err, "reading a query");
	if (err != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_BAD_REQUEST, "query: %s", why);
	const struct tally_form_field *field = find(&form, name);

	if (field == NULL)
		return TALLY_FAULT_NONE;
	if (tally_span_to_u64(field->value, most, out) != TALLY_OK || *out < least)
		return tally_fault(rq, TALLY_FAULT_BAD_REQUEST,
				   "%.*s is no number from %llu to %llu", TALLY_SPAN_ARG(name),
				   (unsigned long long)least, (unsigned long long)most);
	*found = true;
	return TALLY_FAULT_NONE;
}

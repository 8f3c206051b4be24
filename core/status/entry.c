/* SPDX-License-Identifier: Apache-2.0 */
/* The status of one entry, as it is now, published or not. */
#include "config.h"

#include "status/endpoints.h"

#include "codec/json_out.h"
#include "status/access.h"

#define AROUND 64u /* {"uri":"","index":4294967295,"value":255} */

static enum tally_fault read_index(struct tally_request *rq, const struct tally_pool *pool,
				   uint64_t *out)
{
	struct tally_span text = rq->segments[1];
	bool is_negative = text.n > 1 && text.p[0] == '-';
	struct tally_span digits = is_negative ? tally_span(text.p + 1, text.n - 1) : text;
	enum tally_err err = tally_span_to_u64(digits, pool->shape.size - 1, out);

	if (err != TALLY_OK && err != TALLY_ERR_LIMIT)
		return tally_fault(rq, TALLY_FAULT_BAD_REQUEST, "the index \"%.*s\" is no number",
				   TALLY_SPAN_ARG(text));
	if (err == TALLY_ERR_LIMIT || is_negative)
		return tally_fault(rq, TALLY_FAULT_INDEX_BOUNDS, "index %.*s of lists of %u",
				   TALLY_SPAN_ARG(text), pool->shape.size);
	return TALLY_FAULT_NONE;
}

static enum tally_fault read_value(struct tally_request *rq, const struct tally_pool *pool,
				   uint32_t list, uint64_t index, unsigned int *value)
{
	struct tally_lists *lists = pool->lists;
	enum tally_err err = lists->ops->read(lists, pool->conf.id, list, index, value);

	if (err == TALLY_ERR_NOT_FOUND)
		return tally_fault(rq, TALLY_FAULT_NO_SUCH_LIST, "it does not exist, or no longer");
	if (err == TALLY_ERR_LIMIT)
		return tally_fault(rq, TALLY_FAULT_INDEX_BOUNDS, "index %llu",
				   (unsigned long long)index);
	return err == TALLY_OK ? TALLY_FAULT_NONE : tally_fault_of(rq, err, "reading an entry");
}

static enum tally_fault answer(struct tally_request *rq, const struct tally_pool *pool,
			       uint32_t list, uint64_t index, unsigned int value)
{
	char text[TALLY_LIST_URI_MAX];
	struct tally_span uri = tally_list_uri(pool, list, text);
	struct tally_json_out out;
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena, AROUND + uri.n);
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_string_begin(&out, "uri");
	tally_buf_add_span(&buf, uri);
	tally_json_string_end(&out);
	tally_json_add_i64(&out, "index", (int64_t)index);
	tally_json_add_i64(&out, "value", value);
	tally_json_object_end(&out);
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_fault_of(rq, tally_buf_err(&buf), "writing an entry");
	tally_response_json(rq, tally_buf_span(&buf));
	return TALLY_FAULT_NONE;
}

static enum tally_fault look(struct tally_request *rq, const struct tally_pool *pool)
{
	unsigned int value = 0;
	uint64_t index;
	uint32_t list;

	if (tally_list_name_number(pool, rq->segments[0], &list) != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_NO_SUCH_LIST, "it never existed");
	enum tally_fault fault = read_index(rq, pool, &index);

	if (fault == TALLY_FAULT_NONE)
		fault = read_value(rq, pool, list, index, &value);
	return fault == TALLY_FAULT_NONE ? answer(rq, pool, list, index, value) : fault;
}

enum tally_fault tally_status_entry(struct tally_request *rq)
{
	struct tally_caller caller;
	struct tally_pool *pool = NULL;
	enum tally_fault fault = tally_access_read(rq, TALLY_ACCESS_READ, &caller);

	if (fault == TALLY_FAULT_NONE)
		fault = tally_access_pool(rq, &caller, tally_list_name_pool(rq->segments[0]),
					  &pool);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	fault = look(rq, pool);
	tally_pool_release(pool);
	return fault;
}

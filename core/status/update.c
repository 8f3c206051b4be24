/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting the status of entries: one, or many at once. What is wrong with a
 * request is found before anything of it is done, but for what only Redis knows
 * (a list that does not exist, a final status): that is atomic per list.
 */
#include "config.h"

#include "status/endpoints.h"

#include "codec/json_in.h"
#include "status/access.h"
#include "sys/log.h"

#include <stdlib.h>

/* A request, as far as it has been read. */
struct change {
	struct tally_request *rq;
	struct tally_caller caller;
	struct tally_pool *pool; /* held; NULL: not known yet */
	unsigned int value;
	struct tally_span last_uri; /* the one that was looked at last, … */
	uint32_t last_list;         /* … and what it is called inside */
	struct entry *entries;
	size_t count;
};

struct entry {
	uint32_t list;
	uint64_t index;
};

static enum tally_fault malformed(struct change *change, const char *what)
{
	return tally_fault(change->rq, TALLY_FAULT_BAD_REQUEST, "%s", what);
}

/* ---- reading ---- */

/* RFC 7396 is what a PATCH of JSON most often is; what is sent without a type is JSON too. */
static enum tally_fault check_content_type(struct tally_request *rq)
{
	struct tally_span rest = rq->params.content_type;
	struct tally_span type = tally_span_trim(tally_span_cut(&rest, ';'));

	if (type.n == 0 || tally_span_eq_nocase(type, TALLY_SPAN("application/json")) ||
	    tally_span_eq_nocase(type, TALLY_SPAN("application/merge-patch+json")))
		return TALLY_FAULT_NONE;
	return tally_fault(rq, TALLY_FAULT_MEDIA_TYPE, "a body of type %.*s", TALLY_SPAN_ARG(type));
}

static enum tally_fault parse(struct tally_request *rq, struct tally_json **out)
{
	enum tally_fault fault = check_content_type(rq);

	if (fault != TALLY_FAULT_NONE)
		return fault;
	enum tally_err err = tally_json_parse(rq->body, TALLY_BATCH_BODY_MAX, out);

	if (err == TALLY_ERR_NOMEM)
		return tally_fault_of(rq, err, "reading a body");
	if (err != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_BAD_REQUEST, "the body is no strict JSON: %s",
				   tally_err_text(err));
	return TALLY_FAULT_NONE;
}

/* A whole number up to most; outside: what is said when it is another one. */
static enum tally_fault read_number(struct change *change, const struct tally_json *object,
				    const char *name, uint64_t most, enum tally_fault outside,
				    uint64_t *out)
{
	const struct tally_json *member = tally_json_member(object, name);
	int64_t number, floor;
	bool is_whole = tally_json_integer(member, &number);

	if (member == NULL || !tally_json_is_number(member) ||
	    (!is_whole && tally_json_floor(member, &floor)))
		return tally_fault(change->rq, TALLY_FAULT_BAD_REQUEST, "%s is no whole number",
				   name);
	if (!is_whole || number < 0 || (uint64_t)number > most)
		return tally_fault(change->rq, outside, "%s is not from 0 to %llu", name,
				   (unsigned long long)most);
	*out = (uint64_t)number;
	return TALLY_FAULT_NONE;
}

/* What stands behind the last slash of a URI. */
static struct tally_span last_segment(struct tally_span uri)
{
	const char *slash = uri.n ? memrchr(uri.p, '/', uri.n) : NULL;

	return slash ? tally_span(slash + 1, uri.n - (size_t)(slash + 1 - uri.p)) : uri;
}

/* The first URI says which pool it is about. */
static enum tally_fault find_pool(struct change *change, struct tally_span uri)
{
	struct tally_span id = tally_list_name_pool(last_segment(uri));

	return tally_access_pool(change->rq, &change->caller, id, &change->pool);
}

static enum tally_fault find_list(struct change *change, struct tally_span uri)
{
	struct tally_span name = tally_list_uri_name(change->pool, uri);

	if (name.p == NULL ||
	    tally_list_name_number(change->pool, name, &change->last_list) != TALLY_OK)
		return tally_fault(change->rq, TALLY_FAULT_NO_SUCH_LIST,
				   "%.*s is no list of pool %.*s", TALLY_SPAN_ARG(uri),
				   TALLY_SPAN_ARG(change->pool->conf.id));
	change->last_uri = uri;
	return TALLY_FAULT_NONE;
}

static enum tally_fault read_entry(struct change *change, const struct tally_json *object)
{
	struct tally_span uri;
	uint64_t index;
	enum tally_fault fault = TALLY_FAULT_NONE;

	if (!tally_json_string(tally_json_member(object, "uri"), &uri))
		return malformed(change, "uri is no string");
	if (change->pool == NULL)
		fault = find_pool(change, uri);
	/* Entries of one list often come together. */
	if (fault == TALLY_FAULT_NONE && !tally_span_eq(uri, change->last_uri))
		fault = find_list(change, uri);
	if (fault == TALLY_FAULT_NONE)
		fault = read_number(change, object, "index", change->pool->shape.size - 1,
				    TALLY_FAULT_INDEX_BOUNDS, &index);
	if (fault == TALLY_FAULT_NONE)
		change->entries[change->count++] = (struct entry){ change->last_list, index };
	return fault;
}

static enum tally_fault read_value(struct change *change, const struct tally_json *body)
{
	uint64_t value;
	enum tally_fault fault =
		read_number(change, body, "value", (1u << change->pool->shape.bits) - 1,
			    TALLY_FAULT_VALUE_RANGE, &value);

	if (fault == TALLY_FAULT_NONE)
		change->value = (unsigned int)value;
	return fault;
}

static enum tally_fault make_room(struct change *change, size_t n)
{
	change->entries = tally_arena_array(change->rq->arena, n, sizeof(*change->entries));
	return change->entries ? TALLY_FAULT_NONE
			       : tally_fault_of(change->rq, TALLY_ERR_NOMEM, "reading an update");
}

static enum tally_fault read_one(struct change *change, const struct tally_json *body)
{
	enum tally_fault fault = make_room(change, 1);

	if (fault == TALLY_FAULT_NONE)
		fault = read_entry(change, body);
	return fault == TALLY_FAULT_NONE ? read_value(change, body) : fault;
}

static enum tally_fault read_many(struct change *change, const struct tally_json *body)
{
	const struct tally_json *list = tally_json_member(body, "statusListReferences");
	const struct tally_json *item;
	size_t n = 0;

	if (list == NULL || !tally_json_is_array(list))
		return malformed(change, "statusListReferences is no array");
	for (item = tally_json_first(list); item != NULL; item = tally_json_next(item))
		n++;
	if (n == 0 || n > TALLY_LIST_UPDATES_MAX)
		return tally_fault(change->rq, TALLY_FAULT_BAD_REQUEST,
				   "%zu references, from 1 to %u are taken", n,
				   TALLY_LIST_UPDATES_MAX);
	enum tally_fault fault = make_room(change, n);

	for (item = tally_json_first(list); item != NULL && fault == TALLY_FAULT_NONE;
	     item = tally_json_next(item))
		fault = read_entry(change, item);
	return fault == TALLY_FAULT_NONE ? read_value(change, body) : fault;
}

/* ---- doing ---- */

static int by_list(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static enum tally_fault fault_of_update(struct change *change, enum tally_err err, uint32_t list,
					uint64_t index)
{
	struct tally_request *rq = change->rq;
	char text[TALLY_LIST_NAME_MAX + 1];
	struct tally_span name = tally_list_name(change->pool, list, text);

	if (err == TALLY_ERR_NOT_FOUND)
		return tally_fault(rq, TALLY_FAULT_NO_SUCH_LIST,
				   "list %.*s does not exist, or no longer", TALLY_SPAN_ARG(name));
	if (err == TALLY_ERR_LIMIT)
		return tally_fault(rq, TALLY_FAULT_INDEX_BOUNDS, "list %.*s has no entry %llu",
				   TALLY_SPAN_ARG(name), (unsigned long long)index);
	if (err == TALLY_ERR_DENIED)
		return tally_fault(rq, TALLY_FAULT_FINAL_STATUS,
				   "entry %llu of list %.*s has the final status",
				   (unsigned long long)index, TALLY_SPAN_ARG(name));
	return tally_fault_of(rq, err, "updating a list");
}

/* Entries of one list. */
static enum tally_fault update_list(struct change *change, const struct entry *entries, size_t n,
				    struct tally_list_update *updates)
{
	struct tally_lists *lists = change->pool->lists;
	const struct tally_pool *pool = change->pool;
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		updates[i] = (struct tally_list_update){ entries[i].index, change->value };
	enum tally_err err =
		lists->ops->update(lists, pool->conf.id, entries[0].list, updates, n,
				   pool->conf.final_value, tally_pool_due_ms(pool), &at);

	if (err != TALLY_OK)
		return fault_of_update(change, err, entries[0].list,
				       entries[at < n ? at : 0].index);
	return TALLY_FAULT_NONE;
}

static enum tally_fault update_all(struct change *change)
{
	struct tally_list_update *updates =
		tally_arena_array(change->rq->arena, change->count, sizeof(*updates));
	enum tally_fault fault = TALLY_FAULT_NONE;

	if (updates == NULL)
		return tally_fault_of(change->rq, TALLY_ERR_NOMEM, "updating a list");
	if (change->count > 1)
		qsort(change->entries, change->count, sizeof(change->entries[0]), by_list);
	for (size_t i = 0, n; i < change->count && fault == TALLY_FAULT_NONE; i += n) {
		n = 1;
		while (i + n < change->count &&
		       change->entries[i + n].list == change->entries[i].list)
			n++;
		fault = update_list(change, &change->entries[i], n, updates);
	}
	return fault;
}

/* Bodies may be large: nothing is taken apart for who has no key at all. */
static enum tally_fault apply(struct tally_request *rq,
			      enum tally_fault (*read)(struct change *change,
						       const struct tally_json *body))
{
	struct change change = { .rq = rq };
	struct tally_json *body = NULL;
	enum tally_fault fault = tally_access_read(rq, TALLY_ACCESS_UPDATE, &change.caller);

	if (fault == TALLY_FAULT_NONE)
		fault = parse(rq, &body);
	if (fault == TALLY_FAULT_NONE)
		fault = read(&change, body);
	if (fault == TALLY_FAULT_NONE)
		fault = update_all(&change);
	if (fault == TALLY_FAULT_NONE) {
		tally_log_info("pool %.*s: %zu entries set to %u",
			       TALLY_SPAN_ARG(change.pool->conf.id), change.count, change.value);
		rq->response.status = 204;
	}
	tally_json_free(body);
	tally_pool_release(change.pool);
	return fault;
}

enum tally_fault tally_status_update(struct tally_request *rq)
{
	return apply(rq, read_one);
}

enum tally_fault tally_status_batch_update(struct tally_request *rq)
{
	return apply(rq, read_many);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/json_in.h"

#include "codec/json_text.h"

#include <cjson/cJSON.h>

/* RFC 7493 §2.2: what a double holds exactly. */
#define MAX_INTEGER 9007199254740991.0

/* The handle is the tree itself; nothing outside this file knows cJSON. */
static const cJSON *tree(const struct tally_json *json)
{
	return (const cJSON *)json;
}

static const struct tally_json *handle(const cJSON *node)
{
	return (const struct tally_json *)node;
}

/* At most TALLY_JSON_MAX_MEMBERS² / 2 comparisons. */
static enum tally_err check_names(const cJSON *object)
{
	size_t count = 0;

	for (const cJSON *a = object->child; a != NULL; a = a->next) {
		if (++count > TALLY_JSON_MAX_MEMBERS)
			return TALLY_ERR_LIMIT;
		for (const cJSON *b = object->child; b != a; b = b->next)
			if (strcmp(a->string, b->string) == 0)
				return TALLY_ERR_SYNTAX;
	}
	return TALLY_OK;
}

/*
 * Walks over all objects. Names are compared after decoding: "a" and "\u0061"
 * are one name. The depth is bounded by tally_json_check.
 */
static enum tally_err check_tree(const cJSON *root)
{
	const cJSON *above[TALLY_JSON_MAX_DEPTH];
	const cJSON *node = root;
	size_t depth = 0;

	while (node != NULL) {
		enum tally_err err = cJSON_IsObject(node) ? check_names(node) : TALLY_OK;

		if (err != TALLY_OK)
			return err;
		if (node->child != NULL) {
			above[depth++] = node;
			node = node->child;
			continue;
		}
		while (depth > 0 && node->next == NULL)
			node = above[--depth];
		node = depth > 0 ? node->next : NULL;
	}
	return TALLY_OK;
}

enum tally_err tally_json_parse(struct tally_span text, size_t max, struct tally_json **out)
{
	*out = NULL;
	if (text.n > max)
		return TALLY_ERR_LIMIT;
	enum tally_err err = tally_json_check(text);

	if (err != TALLY_OK)
		return err;
	/* The text is good JSON, so that only memory can be missing. */
	cJSON *root = cJSON_ParseWithLength(text.p, text.n);

	if (root == NULL)
		return TALLY_ERR_NOMEM;
	err = check_tree(root);
	if (err != TALLY_OK) {
		cJSON_Delete(root);
		return err;
	}
	*out = (struct tally_json *)root;
	return TALLY_OK;
}

void tally_json_free(struct tally_json *json)
{
	cJSON_Delete((cJSON *)json);
}

bool tally_json_is_object(const struct tally_json *json)
{
	return cJSON_IsObject(tree(json));
}

bool tally_json_is_array(const struct tally_json *json)
{
	return cJSON_IsArray(tree(json));
}

bool tally_json_is_number(const struct tally_json *json)
{
	return cJSON_IsNumber(tree(json));
}

const struct tally_json *tally_json_member(const struct tally_json *object, const char *name)
{
	if (!tally_json_is_object(object))
		return NULL;
	return handle(cJSON_GetObjectItemCaseSensitive(tree(object), name));
}

const struct tally_json *tally_json_first(const struct tally_json *parent)
{
	return parent != NULL ? handle(tree(parent)->child) : NULL;
}

const struct tally_json *tally_json_next(const struct tally_json *value)
{
	return value != NULL ? handle(tree(value)->next) : NULL;
}

struct tally_span tally_json_name(const struct tally_json *member)
{
	return tally_span_of(member != NULL ? tree(member)->string : NULL);
}

bool tally_json_string(const struct tally_json *value, struct tally_span *out)
{
	if (!cJSON_IsString(tree(value)))
		return false;
	*out = tally_span_of(tree(value)->valuestring);
	return true;
}

bool tally_json_bool(const struct tally_json *value, bool *out)
{
	if (!cJSON_IsBool(tree(value)))
		return false;
	*out = cJSON_IsTrue(tree(value));
	return true;
}

bool tally_json_floor(const struct tally_json *value, int64_t *out)
{
	if (!cJSON_IsNumber(tree(value)))
		return false;
	double number = tree(value)->valuedouble;

	if (!(number >= -MAX_INTEGER && number <= MAX_INTEGER))
		return false;
	*out = (int64_t)number;
	if ((double)*out > number)
		--*out;
	return true;
}

bool tally_json_integer(const struct tally_json *value, int64_t *out)
{
	int64_t whole;

	if (!tally_json_floor(value, &whole) || (double)whole != tree(value)->valuedouble)
		return false;
	*out = whole;
	return true;
}

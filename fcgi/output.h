/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command prints, for people or as JSON, from one description: a record
 * ("name: value" lines; an object) or a list of records (a table; an array of
 * objects), printed as it goes, so that a list may be long.
 */
#ifndef TALLY_FCGI_OUTPUT_H
#define TALLY_FCGI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

enum tally_field_type {
	TALLY_FIELD_TEXT,
	TALLY_FIELD_NUMBER,
	TALLY_FIELD_TIME,   /* UTC seconds; 0: none, null */
	TALLY_FIELD_WORDS   /* one blank between; an array in JSON */
};

struct tally_field {
	const char *name;   /* NULL ends a record's fields */
	enum tally_field_type type;
	int width;          /* of its column in a table; 0: as long as it is */
	struct tally_span text;
	int64_t number;
};

/* Prints one record and nothing else. */
void tally_output_record(bool json, const struct tally_field *fields);

/* Prints a list: begin, then item after item, then end. */
struct tally_output_list {
	bool json;
	size_t count;
};

void tally_output_list_begin(struct tally_output_list *list, bool json);
void tally_output_list_item(struct tally_output_list *list, const struct tally_field *fields);
void tally_output_list_end(struct tally_output_list *list, const char *nothing);

#endif

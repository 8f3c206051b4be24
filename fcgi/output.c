/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/output.h"

#include "base/buf.h"
#include "codec/json_out.h"
#include "sys/clock.h"

#define RECORD_MAX (64u * 1024)

static void add_words(struct tally_json_out *json, const char *name, struct tally_span words)
{
	tally_json_array(json, name);
	while (words.n > 0)
		tally_json_add_span(json, NULL, tally_span_cut(&words, ' '));
	tally_json_array_end(json);
}

static void add_json(struct tally_json_out *json, const struct tally_field *field)
{
	char time[TALLY_TIME_SIZE];

	switch (field->type) {
	case TALLY_FIELD_TEXT:
		tally_json_add_span(json, field->name, field->text);
		break;
	case TALLY_FIELD_NUMBER:
		tally_json_add_i64(json, field->name, field->number);
		break;
	case TALLY_FIELD_TIME:
		if (field->number == 0)
			tally_json_add_null(json, field->name);
		else
			tally_json_add_str(json, field->name,
					   tally_clock_format(time, field->number));
		break;
	case TALLY_FIELD_WORDS:
		add_words(json, field->name, field->text);
		break;
	}
}

static void print_json(const struct tally_field *fields)
{
	struct tally_json_out json;
	struct tally_buf buf;

	tally_buf_grow(&buf, RECORD_MAX);
	tally_json_begin(&json, &buf);
	tally_json_object(&json, NULL);
	for (; fields->name != NULL; fields++)
		add_json(&json, fields);
	tally_json_object_end(&json);
	fwrite(buf.p, 1, buf.n, stdout);
	tally_buf_free(&buf);
}

static void print_value(const struct tally_field *field, int width)
{
	char time[TALLY_TIME_SIZE];

	switch (field->type) {
	case TALLY_FIELD_TEXT:
	case TALLY_FIELD_WORDS:
		if (field->text.n > 0)
			printf("%-*.*s", width, TALLY_SPAN_ARG(field->text));
		else
			printf("%-*s", width, "-");
		break;
	case TALLY_FIELD_NUMBER:
		printf("%-*lld", width, (long long)field->number);
		break;
	case TALLY_FIELD_TIME:
		printf("%-*s", width,
		       field->number ? tally_clock_format(time, field->number) : "-");
		break;
	}
}

/* Names are words in JSON's manner; people read blanks. */
static void print_name(const char *name)
{
	for (; *name != '\0'; name++)
		putchar(*name == '_' ? ' ' : *name);
}

void tally_output_record(bool json, const struct tally_field *fields)
{
	size_t widest = 0;

	if (json) {
		print_json(fields);
		putchar('\n');
		return;
	}
	for (const struct tally_field *field = fields; field->name != NULL; field++)
		if (strlen(field->name) > widest)
			widest = strlen(field->name);
	for (; fields->name != NULL; fields++) {
		print_name(fields->name);
		printf(":%*s", (int)(widest - strlen(fields->name) + 1), "");
		print_value(fields, 0);
		putchar('\n');
	}
}

void tally_output_list_begin(struct tally_output_list *list, bool json)
{
	*list = (struct tally_output_list){ .json = json };
	if (json)
		putchar('[');
}

static void print_header(const struct tally_field *fields)
{
	for (; fields->name != NULL; fields++) {
		print_name(fields->name);
		printf("%*s", fields->width > (int)strlen(fields->name)
				      ? fields->width - (int)strlen(fields->name) + 2 : 2, "");
	}
	putchar('\n');
}

void tally_output_list_item(struct tally_output_list *list, const struct tally_field *fields)
{
	bool first = list->count++ == 0;

	if (list->json) {
		printf(first ? "\n " : ",\n ");
		print_json(fields);
		return;
	}
	if (first)
		print_header(fields);
	for (; fields->name != NULL; fields++) {
		print_value(fields, fields[1].name ? fields->width : 0);
		printf(fields[1].name ? "  " : "\n");
	}
}

void tally_output_list_end(struct tally_output_list *list, const char *nothing)
{
	if (list->json)
		printf(list->count ? "\n]\n" : "]\n");
	else if (list->count == 0)
		printf("%s\n", nothing);
}

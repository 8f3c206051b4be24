/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed refresh tokens as text, and the keys they are sealed with. */
#include "config.h"

#include "base/b64.h"
#include "crypt/derive.h"
#include "oauth/refresh.h"
#include "oauth/sealed.h"
#include "sys/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct tally_wrap_keys wrap = {
	.keys = { { "thirty-two bytes, not a secret." }, { "another one of 32 bytes, see it" } },
	.count = 2,
};

static const struct tally_refresh_record record = {
	.id = { "\x51\x00 id, 16 bytes" },
	.family = { "\x51\x80 family, 16 b" },
	.owner = {
		.client = 0x0102030405060708,
		.user = 9,
		.client_id = { "demo", 4 },
		.subject = { "u-ann", 5 },
		.scope = { "openid read", 11 },
		.audience = { "https://api.example", 19 },
	},
	.expires_at = 1767225600,
	.family_expires_at = INT64_C(0x7fffffffffffffff),
};

static struct tally_arena *arena;
static struct tally_derived_keys keys;

static int set_up(void **state)
{
	(void)state;
	arena = tally_arena_new(4096, 1 << 20);
	return arena == NULL || tally_derive_keys(&wrap, TALLY_SEALED_PURPOSE, &keys) != TALLY_OK;
}

static int tear_down(void **state)
{
	(void)state;
	tally_arena_free(arena);
	return 0;
}

static struct tally_span write_token(const struct tally_derived_keys *with,
				     const struct tally_refresh_record *from)
{
	struct tally_buf buf;

	tally_buf_in(&buf, arena, TALLY_REFRESH_MAX);
	assert_int_equal(tally_sealed_write(with, from, &buf), TALLY_OK);
	return tally_buf_span(&buf);
}

static void assert_span(struct tally_span a, struct tally_span b)
{
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, b.n);
}

static void assert_record(const struct tally_refresh_record *a,
			  const struct tally_refresh_record *b)
{
	assert_true(tally_token_id_eq(&a->id, &b->id));
	assert_true(tally_token_id_eq(&a->family, &b->family));
	assert_true(a->owner.client == b->owner.client && a->owner.user == b->owner.user);
	assert_span(a->owner.client_id, b->owner.client_id);
	assert_span(a->owner.subject, b->owner.subject);
	assert_span(a->owner.scope, b->owner.scope);
	assert_span(a->owner.audience, b->owner.audience);
	assert_true(a->expires_at == b->expires_at);
	assert_true(a->family_expires_at == b->family_expires_at);
	assert_int_equal(a->live.count, b->live.count);
	assert_memory_equal(a->live.items, b->live.items, b->live.count * sizeof(b->live.items[0]));
}

/* HKDF of RFC 5869, computed with Python's hmac. */
static void derived_keys_are_those_of_hkdf(void **state)
{
	static const uint8_t want[TALLY_SEAL_KEY_SIZE] = {
		0x48, 0xab, 0x44, 0x85, 0x94, 0x79, 0xee, 0x6a, 0x59, 0x78, 0x40, 0x20,
		0xf7, 0x41, 0x99, 0xcb, 0x39, 0x35, 0x44, 0x6d, 0x61, 0x48, 0x80, 0xc5,
		0xb5, 0xf7, 0x6a, 0xbd, 0x03, 0x76, 0x13, 0xf9,
	};
	struct tally_derived_keys other;

	(void)state;
	assert_int_equal(keys.count, 2);
	assert_memory_equal(keys.keys[0].key.bytes, want, sizeof(want));
	assert_memory_equal(keys.keys[0].id, "\xe7\x99\x0b\x64", 4);
	assert_ptr_equal(tally_derived_find(&keys, keys.keys[1].id), &keys.keys[1]);
	assert_null(tally_derived_find(&keys, "none"));
	assert_int_equal(tally_derive_keys(&wrap, "another purpose", &other), TALLY_OK);
	assert_memory_not_equal(other.keys[0].key.bytes, want, sizeof(want));
}

static void a_token_carries_its_record(void **state)
{
	struct tally_refresh_record back;
	struct tally_span text = write_token(&keys, &record);

	(void)state;
	assert_true(tally_span_starts_with(text, TALLY_SPAN("ts_")));
	assert_int_equal(tally_sealed_read(&keys, text, arena, &back), TALLY_OK);
	assert_record(&back, &record);
	assert_false(tally_span_eq(text, write_token(&keys, &record)));
	assert_null(memmem(text.p, text.n, "demo", 4));
}

static void a_record_has_one_form(void **state)
{
	static const char want[] =
		"\x01\x51\x80 family, 16 b\0\0\0\0\0\x69\x55\xb9\0\x7f\xff\xff\xff\xff\xff\xff\xff"
		"\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\x09\0\x04" "demo" "\0\x05u-ann"
		"\0\x0bopenid read\0\x13https://api.example";
	struct tally_refresh_record back;
	struct tally_buf buf;

	(void)state;
	tally_buf_in(&buf, arena, TALLY_SEALED_PACKED_MAX);
	tally_sealed_pack(&record, &buf);
	assert_span(tally_buf_span(&buf), tally_span(want, sizeof(want) - 1));
	for (size_t n = 0; n < buf.n; n++)
		assert_int_equal(tally_sealed_unpack(tally_span(buf.p, n), &back),
				 TALLY_ERR_SYNTAX);
	tally_buf_add_char(&buf, 'x');
	assert_int_equal(tally_sealed_unpack(tally_buf_span(&buf), &back), TALLY_ERR_SYNTAX);
	buf.p[0] = 2;
	assert_int_equal(tally_sealed_unpack(tally_span(buf.p, buf.n - 1), &back),
			 TALLY_ERR_SYNTAX);
}

/* Entries of status lists make it the second form, and only they do. */
static void a_record_with_entries_has_another(void **state)
{
	static const char want[] =
		"https://api.example\xff\xff\xff\xff\0\0\0\x02\xff\xff\xff\xff"
		"\0\0\0\x03\0\0\0\x04\0\0\0\x05";
	struct tally_refresh_record with = record, back;
	struct tally_buf buf;

	(void)state;
	tally_live_refs_add(&with.live, (struct tally_live_ref){ { 3, 4 }, 5 });
	tally_live_refs_add(&with.live, (struct tally_live_ref){ { UINT32_MAX, 2 }, UINT32_MAX });
	tally_buf_in(&buf, arena, TALLY_SEALED_PACKED_MAX);
	tally_sealed_pack(&with, &buf);
	assert_int_equal(buf.p[0], 2);
	assert_span(tally_span(buf.p + buf.n - (sizeof(want) - 1), sizeof(want) - 1),
		    tally_span(want, sizeof(want) - 1));
	for (size_t n = 0; n < buf.n; n++)
		assert_int_equal(tally_sealed_unpack(tally_span(buf.p, n), &back),
				 n == buf.n - TALLY_LIVE_REF_SIZE ? TALLY_OK : TALLY_ERR_SYNTAX);
	buf.p[0] = 1;
	assert_int_equal(tally_sealed_unpack(tally_buf_span(&buf), &back), TALLY_ERR_SYNTAX);
	assert_int_equal(tally_sealed_read(&keys, write_token(&keys, &with), arena, &back),
			 TALLY_OK);
	assert_record(&back, &with);
	/* More than fit, from nobody of us. */
	buf.p[0] = 2;
	for (size_t i = 0; i < 7 * TALLY_LIVE_REF_SIZE; i++)
		tally_buf_add_char(&buf, 'x');
	assert_int_equal(tally_sealed_unpack(tally_buf_span(&buf), &back), TALLY_ERR_SYNTAX);
}

static void entries_fall_off(void **state)
{
	struct tally_live_refs live = { .count = 0 };

	(void)state;
	tally_live_refs_expire(&live, 0);
	assert_int_equal(live.count, 0);
	for (uint32_t i = 1; i <= TALLY_LIVE_REFS_MAX + 2; i++)
		tally_live_refs_add(&live, (struct tally_live_ref){ { 0, i }, 100 - i % 3 });
	assert_int_equal(live.count, TALLY_LIVE_REFS_MAX);
	for (uint32_t i = 0; i < TALLY_LIVE_REFS_MAX; i++)
		assert_int_equal(live.items[i].ref.index, 10 - i);
	tally_live_refs_expire(&live, 98);
	for (size_t i = 0; i < live.count; i++)
		assert_int_not_equal(live.items[i].ref.index % 3, 2);
	assert_int_equal(live.count, 6);
	assert_int_equal(live.items[0].ref.index, 10);
	assert_int_equal(live.items[5].ref.index, 3);
	tally_live_refs_expire(&live, 100);
	assert_int_equal(live.count, 0);
}

/* Every bit of it counts: the ids in front, nonce, ciphertext and tag. */
static void an_altered_token_does_not_open(void **state)
{
	struct tally_span text = write_token(&keys, &record);
	struct tally_refresh_record back;
	uint8_t bytes[1024];
	size_t n;

	(void)state;
	assert_int_equal(tally_b64url_get(tally_span(text.p + 3, text.n - 3), bytes, sizeof(bytes),
					  &n), TALLY_OK);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		struct tally_buf buf;

		tally_buf_in(&buf, arena, TALLY_REFRESH_MAX);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		tally_buf_add_str(&buf, "ts_");
		tally_b64url_add(&buf, bytes, n);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(tally_sealed_read(&keys, tally_buf_span(&buf), arena, &back),
				 TALLY_ERR_NOT_FOUND);
		tally_arena_reset(arena);
	}
	text = write_token(&keys, &record);
	for (size_t i = 0; i < text.n; i++)
		assert_int_equal(tally_sealed_read(&keys, tally_span(text.p, i), arena, &back),
				 TALLY_ERR_NOT_FOUND);
}

/* Sealed before the wrap key was changed; opens while the old key is the previous one. */
static void the_previous_key_still_opens(void **state)
{
	const struct tally_wrap_keys old = { .keys = { wrap.keys[1] }, .count = 1 };
	const struct tally_wrap_keys young = { .keys = { wrap.keys[0] }, .count = 1 };
	const struct tally_wrap_keys none = { .count = 0 };
	struct tally_derived_keys before, after;
	struct tally_refresh_record back;

	(void)state;
	assert_int_equal(tally_derive_keys(&old, TALLY_SEALED_PURPOSE, &before), TALLY_OK);
	assert_int_equal(tally_derive_keys(&young, TALLY_SEALED_PURPOSE, &after), TALLY_OK);
	struct tally_span text = write_token(&before, &record);

	assert_int_equal(tally_sealed_read(&keys, text, arena, &back), TALLY_OK);
	assert_record(&back, &record);
	assert_int_equal(tally_sealed_read(&after, text, arena, &back), TALLY_ERR_NOT_FOUND);
	assert_int_equal(tally_sealed_read(&after, write_token(&keys, &record), arena, &back),
			 TALLY_OK);
	assert_int_equal(tally_derive_keys(&none, TALLY_SEALED_PURPOSE, &after), TALLY_OK);
	assert_int_equal(tally_sealed_read(&after, text, arena, &back), TALLY_ERR_NOT_FOUND);
	struct tally_buf buf;

	tally_buf_in(&buf, arena, TALLY_REFRESH_MAX);
	assert_int_equal(tally_sealed_write(&after, &record, &buf), TALLY_ERR_CONFIG);
	assert_int_equal(buf.n, 0);
}

static void the_largest_record_fits(void **state)
{
	static char scope[65536];
	struct tally_refresh_record large = record, back;
	struct tally_buf buf;

	(void)state;
	memset(scope, 'x', sizeof(scope));
	large.owner.client_id = tally_span(scope, TALLY_ID_MAX);
	large.owner.subject = tally_span(scope, TALLY_SUBJECT_MAX);
	large.owner.scope = tally_span(scope, TALLY_SCOPE_TEXT_MAX);
	large.owner.audience = tally_span(scope, TALLY_AUDIENCE_MAX);
	for (uint32_t i = 0; i < TALLY_LIVE_REFS_MAX; i++)
		tally_live_refs_add(&large.live, (struct tally_live_ref){ { i, i }, i });
	struct tally_span text = write_token(&keys, &large);

	assert_true(text.n >= 6000 && text.n <= TALLY_REFRESH_MAX);
	assert_int_equal(tally_sealed_read(&keys, text, arena, &back), TALLY_OK);
	assert_record(&back, &large);
	large.owner.scope = tally_span(scope, TALLY_SEALED_PACKED_MAX);
	tally_buf_in(&buf, arena, 2 * TALLY_REFRESH_MAX);
	assert_int_equal(tally_sealed_write(&keys, &large, &buf), TALLY_ERR_LIMIT);
	large.owner.scope = tally_span(scope, 65536);
	assert_int_equal(tally_sealed_write(&keys, &large, &buf), TALLY_ERR_LIMIT);
}

static void write_key(char path[], const char *bytes, size_t n)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void wrap_keys_are_read_from_two_files(void **state)
{
	char one[] = "/tmp/tallystick-one-XXXXXX", two[] = "/tmp/tallystick-two-XXXXXX";
	struct tally_wrap_keys loaded;
	struct tally_buf sealed, plain;

	(void)state;
	write_key(one, (const char *)wrap.keys[0].bytes, TALLY_SEAL_KEY_SIZE);
	write_key(two, (const char *)wrap.keys[1].bytes, TALLY_SEAL_KEY_SIZE);
	assert_int_equal(tally_wrap_keys_load(NULL, NULL, &loaded), TALLY_OK);
	assert_int_equal(loaded.count, 0);
	assert_int_equal(tally_wrap_keys_load(one, NULL, &loaded), TALLY_OK);
	assert_int_equal(loaded.count, 1);
	assert_int_equal(tally_wrap_keys_load(one, two, &loaded), TALLY_OK);
	assert_memory_equal(&loaded, &wrap, sizeof(wrap));
	tally_buf_in(&sealed, arena, 128);
	tally_buf_in(&plain, arena, 128);
	assert_int_equal(tally_seal(&wrap.keys[1], TALLY_SPAN("a"), TALLY_SPAN("text"), &sealed),
			 TALLY_OK);
	assert_int_equal(tally_wrap_keys_unseal(&loaded, TALLY_SPAN("a"), tally_buf_span(&sealed),
						&plain), TALLY_OK);
	assert_span(tally_buf_span(&plain), TALLY_SPAN("text"));
	loaded.count = 1;
	assert_int_equal(tally_wrap_keys_unseal(&loaded, TALLY_SPAN("a"), tally_buf_span(&sealed),
						&plain), TALLY_ERR_VERIFY);
	unlink(two);
	assert_int_equal(tally_wrap_keys_load(one, two, &loaded), TALLY_ERR_NOT_FOUND);
	assert_int_equal(loaded.count, 0);
	unlink(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(derived_keys_are_those_of_hkdf),
		cmocka_unit_test(a_token_carries_its_record),
		cmocka_unit_test(a_record_has_one_form),
		cmocka_unit_test(a_record_with_entries_has_another),
		cmocka_unit_test(entries_fall_off),
		cmocka_unit_test(an_altered_token_does_not_open),
		cmocka_unit_test(the_previous_key_still_opens),
		cmocka_unit_test(the_largest_record_fits),
		cmocka_unit_test(wrap_keys_are_read_from_two_files),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("sealed", tests, set_up, tear_down);
}

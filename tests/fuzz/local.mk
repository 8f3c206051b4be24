# A target is tests/fuzz/fuzz_<name>.c, a folder tests/fuzz/corpus/<name>, and
# three lines here. With FUZZ_ENGINE (see doc/building.md) it is a fuzzer,
# without it a test that replays its corpus.
check_LIBRARIES += libreplay.a
libreplay_a_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h tests/fuzz/escape.h tests/fuzz/answer.h
EXTRA_DIST += tests/fuzz/corpus
fuzz_tests =

if FUZZ_REPLAY
fuzz_libs = libreplay.a libfake.a libtally.a $(CORE_LIBS)
TESTS += $(fuzz_tests)
else
fuzz_libs = $(FUZZ_ENGINE) libfake.a libtally.a $(CORE_LIBS)
endif

check_PROGRAMS += tests/fuzz/fuzz_form
tests_fuzz_fuzz_form_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_form

check_PROGRAMS += tests/fuzz/fuzz_basic
tests_fuzz_fuzz_basic_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_basic

check_PROGRAMS += tests/fuzz/fuzz_accept
tests_fuzz_fuzz_accept_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_accept

check_PROGRAMS += tests/fuzz/fuzz_bits
tests_fuzz_fuzz_bits_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_bits

check_PROGRAMS += tests/fuzz/fuzz_cbor
tests_fuzz_fuzz_cbor_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_cbor

check_PROGRAMS += tests/fuzz/fuzz_cose
tests_fuzz_fuzz_cose_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_cose

check_PROGRAMS += tests/fuzz/fuzz_status
tests_fuzz_fuzz_status_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_status

check_PROGRAMS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_json

check_PROGRAMS += tests/fuzz/fuzz_conf
tests_fuzz_fuzz_conf_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_conf

check_PROGRAMS += tests/fuzz/fuzz_b64
tests_fuzz_fuzz_b64_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_b64

check_PROGRAMS += tests/fuzz/fuzz_params
tests_fuzz_fuzz_params_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_params

check_PROGRAMS += tests/fuzz/fuzz_request
tests_fuzz_fuzz_request_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_request

check_PROGRAMS += tests/fuzz/fuzz_jws
tests_fuzz_fuzz_jws_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_jws

check_PROGRAMS += tests/fuzz/fuzz_jwk
tests_fuzz_fuzz_jwk_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_jwk

check_PROGRAMS += tests/fuzz/fuzz_spki
tests_fuzz_fuzz_spki_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_spki

check_PROGRAMS += tests/fuzz/fuzz_refresh
tests_fuzz_fuzz_refresh_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_refresh

check_PROGRAMS += tests/fuzz/fuzz_assertion
tests_fuzz_fuzz_assertion_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_assertion

check_PROGRAMS += tests/fuzz/fuzz_lists
tests_fuzz_fuzz_lists_LDADD = $(fuzz_libs)
fuzz_tests += tests/fuzz/fuzz_lists

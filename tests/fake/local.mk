# Stands before libtally.a where a test links it: what a test calls of it takes
# the place of the real module.
check_LIBRARIES += libfake.a
libfake_a_SOURCES = \
	tests/fake/clock.c tests/fake/clock.h \
	tests/fake/lists.c tests/fake/lists.h tests/fake/lists_priv.h \
	tests/fake/lists_publish.c \
	tests/fake/marks.c tests/fake/marks.h \
	tests/fake/rand.c tests/fake/rand.h \
	tests/fake/service.c tests/fake/service.h \
	tests/fake/store.c tests/fake/store.h tests/fake/store_priv.h \
	tests/fake/store_client.c \
	tests/fake/store_issuer.c \
	tests/fake/store_organisation.c \
	tests/fake/store_pool.c \
	tests/fake/store_token.c \
	tests/fake/store_user.c \
	tests/fake/token_status.c tests/fake/token_status.h

# The programs that the scripts here run against real servers.
it_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
it_libs = libtally.a $(CMOCKA_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/it/store_test tests/it/store_fault_test tests/it/store_token_test \
	tests/it/store_login_test

tests_it_store_test_SOURCES = tests/it/store_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_test_CPPFLAGS = $(it_cppflags)
tests_it_store_test_LDADD = $(it_libs)

tests_it_store_fault_test_SOURCES = tests/it/store_fault_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_fault_test_CPPFLAGS = $(it_cppflags)
tests_it_store_fault_test_LDADD = $(it_libs)

tests_it_store_login_test_SOURCES = tests/it/store_login_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_login_test_CPPFLAGS = $(it_cppflags)
tests_it_store_login_test_LDADD = $(it_libs)

tests_it_store_token_test_SOURCES = tests/it/store_token_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_token_test_CPPFLAGS = $(it_cppflags)
tests_it_store_token_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_token_fault_test
tests_it_store_token_fault_test_SOURCES = tests/it/store_token_fault_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_token_fault_test_CPPFLAGS = $(it_cppflags)
tests_it_store_token_fault_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_user_test
tests_it_store_user_test_SOURCES = tests/it/store_user_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_user_test_CPPFLAGS = $(it_cppflags)
tests_it_store_user_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_rights_test
tests_it_store_rights_test_SOURCES = tests/it/store_rights_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_rights_test_CPPFLAGS = $(it_cppflags)
tests_it_store_rights_test_LDADD = $(it_libs)

EXTRA_DIST += tests/it/database tests/it/20-store.sh tests/it/90-newest.sh

check_PROGRAMS += tests/it/marks_tool
tests_it_marks_tool_SOURCES = tests/it/marks_tool.c
tests_it_marks_tool_CPPFLAGS = $(it_cppflags)
tests_it_marks_tool_LDADD = $(it_libs)
EXTRA_DIST += tests/it/25-marks.sh
EXTRA_DIST += tests/it/35-password.sh
EXTRA_DIST += tests/it/35-refresh.sh
EXTRA_DIST += tests/it/21-login.sh tests/it/22-grants.sh tests/it/clear_server.py
EXTRA_DIST += tests/it/21-login.sh tests/it/22-grants.sh tests/it/23-conf.sh tests/it/clear_server.py

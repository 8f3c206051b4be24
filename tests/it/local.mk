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

check_PROGRAMS += tests/it/store_entry_test
tests_it_store_entry_test_SOURCES = tests/it/store_entry_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_entry_test_CPPFLAGS = $(it_cppflags)
tests_it_store_entry_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_token_fault_test
tests_it_store_token_fault_test_SOURCES = tests/it/store_token_fault_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_token_fault_test_CPPFLAGS = $(it_cppflags)
tests_it_store_token_fault_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_lookup_test
tests_it_store_lookup_test_SOURCES = tests/it/store_lookup_test.c \
	tests/it/store_lookup_help.c tests/it/store_lookup_help.h \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_lookup_test_CPPFLAGS = $(it_cppflags)
tests_it_store_lookup_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_user_test
tests_it_store_user_test_SOURCES = tests/it/store_user_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_user_test_CPPFLAGS = $(it_cppflags)
tests_it_store_user_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_org_test
tests_it_store_org_test_SOURCES = tests/it/store_org_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_org_test_CPPFLAGS = $(it_cppflags)
tests_it_store_org_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_plan_test
tests_it_store_plan_test_SOURCES = tests/it/store_plan_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_plan_test_CPPFLAGS = $(it_cppflags)
tests_it_store_plan_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_pool_test
tests_it_store_pool_test_SOURCES = tests/it/store_pool_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_pool_test_CPPFLAGS = $(it_cppflags)
tests_it_store_pool_test_LDADD = $(it_libs)

check_PROGRAMS += tests/it/store_rights_test
tests_it_store_rights_test_SOURCES = tests/it/store_rights_test.c \
	tests/it/store_help.c tests/it/store_help.h
tests_it_store_rights_test_CPPFLAGS = $(it_cppflags)
tests_it_store_rights_test_LDADD = $(it_libs)


check_PROGRAMS += tests/it/list_tool
tests_it_list_tool_SOURCES = tests/it/list_tool.c
tests_it_list_tool_LDADD = libtally.a $(CORE_LIBS)

check_PROGRAMS += tests/it/marks_tool
tests_it_marks_tool_SOURCES = tests/it/marks_tool.c
tests_it_marks_tool_CPPFLAGS = $(it_cppflags)
tests_it_marks_tool_LDADD = $(it_libs)

check_PROGRAMS += tests/it/lists_test
tests_it_lists_test_SOURCES = tests/it/lists_test.c
tests_it_lists_test_CPPFLAGS = $(it_cppflags)
tests_it_lists_test_LDADD = tests/unit/libcontract.a $(it_libs)

check_PROGRAMS += tests/it/lists_tool
tests_it_lists_tool_SOURCES = tests/it/lists_tool.c
tests_it_lists_tool_CPPFLAGS = $(it_cppflags)
tests_it_lists_tool_LDADD = $(it_libs)

# The scripts run from the source tree; tests/tools/registered sees that none is missing here.
EXTRA_DIST += \
	tests/it/10-quickstart.sh \
	tests/it/20-store.sh \
	tests/it/21-login.sh \
	tests/it/22-grants.sh \
	tests/it/23-conf.sh \
	tests/it/25-marks.sh \
	tests/it/26-lists.sh \
	tests/it/27-pools.sh \
	tests/it/30-token.sh \
	tests/it/35-password.sh \
	tests/it/35-refresh.sh \
	tests/it/40-verify.sh \
	tests/it/50-assertions.sh \
	tests/it/50-keys.sh \
	tests/it/51-commands.sh \
	tests/it/60-faults.sh \
	tests/it/61-signals.sh \
	tests/it/62-peers.sh \
	tests/it/70-grants.sh \
	tests/it/71-store-faults.sh \
	tests/it/72-refresh.sh \
	tests/it/73-limits.sh \
	tests/it/74-purge.sh \
	tests/it/83-lists.sh \
	tests/it/80-status-check.sh \
	tests/it/81-status-clients.sh \
	tests/it/85-publish.sh \
	tests/it/82-token-status.sh \
	tests/it/84-status-requests.sh \
	tests/it/90-newest.sh \
	tests/it/95-plans.sh \
	tests/it/big \
	tests/it/clear_server.py \
	tests/it/cose_check.py \
	tests/it/database \
	tests/it/fcgi.py \
	tests/it/late_half.py \
	tests/it/lib-node.sh \
	tests/it/lib-redis.sh \
	tests/it/lib-stack.sh \
	tests/it/lib-token.sh \
	tests/it/list_server.py \
	tests/it/load.py \
	tests/it/node/assertions.js \
	tests/it/node/check.js \
	tests/it/node/grants.js \
	tests/it/node/lists.js \
	tests/it/node/package-lock.json \
	tests/it/node/package.json \
	tests/it/node/verify.js \
	tests/it/redis6.py \
	tests/it/peers.py \
	tests/it/publish.py \
	tests/it/stack.sh \
	tests/it/token_matrix.py \
	tests/it/tokens.py

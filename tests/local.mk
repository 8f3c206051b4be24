AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	TALLY_SRCDIR='$(abs_top_srcdir)'; export TALLY_SRCDIR; \
	TALLY_BUILDDIR='$(abs_top_builddir)'; export TALLY_BUILDDIR;
TEST_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) \
	$(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TEST_LOG_DRIVER)
EXTRA_DIST += build-aux/tap-driver.sh

include tests/vectors/local.mk
include tests/unit/local.mk
include tests/fake/local.mk
include tests/fuzz/local.mk
include tests/tools/local.mk
include tests/it/local.mk

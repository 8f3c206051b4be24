# A module's test is tests/unit/test_<module>.c and three lines here.
unit_libs = libtally.a $(CMOCKA_LIBS) $(CORE_LIBS)
unit_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CPPFLAGS = $(unit_cppflags)
tests_unit_test_base_LDADD = $(unit_libs)

TESTS += tests/unit/test_base

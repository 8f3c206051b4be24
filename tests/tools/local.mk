# Guards over the sources; each is a script that reports in TAP.
guards = \
	tests/tools/documented \
	tests/tools/example_conf \
	tests/tools/grants \
	tests/tools/includes \
	tests/tools/licences \
	tests/tools/manual \
	tests/tools/parameters \
	tests/tools/readme \
	tests/tools/registered \
	tests/tools/shell \
	tests/tools/sizes
TESTS += $(guards)
EXTRA_DIST += $(guards) tests/it/lib.sh tests/run

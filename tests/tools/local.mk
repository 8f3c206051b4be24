# Guards over the sources; each is a script that reports in TAP.
guards = \
	tests/tools/documented \
	tests/tools/example_conf \
	tests/tools/grants \
	tests/tools/includes \
	tests/tools/licences \
	tests/tools/manual \
	tests/tools/parameters \
	tests/tools/perf \
	tests/tools/readme \
	tests/tools/registered \
	tests/tools/shell \
	tests/tools/sizes
TESTS += $(guards)
EXTRA_DIST += $(guards) tests/it/lib.sh tests/run \
	tests/tools/results/a/client_credentials-lighttpd.json \
	tests/tools/results/a/jmeter-lighttpd.json \
	tests/tools/results/a/k6-lighttpd.json \
	tests/tools/results/a/persistence-lighttpd.json \
	tests/tools/results/a/rows-lighttpd.json \
	tests/tools/results/b/client_credentials-lighttpd.json \
	tests/tools/results/b/persistence-lighttpd.json

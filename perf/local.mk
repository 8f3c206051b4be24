# Benchmarks. None of them is a test: "make check" builds nothing of it, and
# nothing asserts a time. "make perf" builds them; perf/run runs them.
EXTRA_PROGRAMS += perf/ceiling perf/bench_handle perf/assertions
CLEANFILES += perf/ceiling perf/bench_handle perf/assertions

perf_assertions_SOURCES = perf/assertions.c
perf_assertions_LDADD = $(OPENSSL_LIBS)

perf_ceiling_SOURCES = perf/ceiling.c
perf_ceiling_LDADD = $(FCGI_LIBS) $(OPENSSL_LIBS) $(ARGON2_LIBS) $(HIREDIS_LIBS)

perf_bench_handle_SOURCES = perf/bench_handle.c
perf_bench_handle_LDADD = libfake.a libtally.a $(CORE_LIBS)

EXTRA_DIST += \
	perf/README.md \
	perf/capacity \
	perf/compare \
	perf/jmeter/client_credentials.jmx \
	perf/jmeter/install \
	perf/jmeter/password.jmx \
	perf/jmeter/pom.xml \
	perf/jmeter/refresh.jmx \
	perf/k6/fetch-reference-basic.js \
	perf/k6/fetch-reference-bulk.js \
	perf/k6/fetch-reference-unlimited.js \
	perf/k6/fetch-status-list.js \
	perf/k6/introspect.js \
	perf/k6/jwt_profile.js \
	perf/k6/machine_client_credentials.js \
	perf/k6/machine_jwt_profile_grant.js \
	perf/k6/machine_jwt_profile_grant_single_user.js \
	perf/k6/service.js \
	perf/k6/status.js \
	perf/k6/update-status.js \
	perf/lib/data.sh \
	perf/lib/document.py \
	perf/lib/fill.sh \
	perf/lib/jtl.py \
	perf/lib/k6.jq \
	perf/lib/load.sh \
	perf/lib/measure.sh \
	perf/lib/plot.py \
	perf/lib/pool.sh \
	perf/lib/report.jq \
	perf/lib/report.sh \
	perf/lib/results.py \
	perf/lib/run.jq \
	perf/lib/scenario.sh \
	perf/lib/table.jq \
	perf/prepare \
	perf/published.json \
	perf/report \
	perf/run \
	perf/scenario/client_credentials.sh \
	perf/scenario/clients.sh \
	perf/scenario/handle.sh \
	perf/scenario/introspect.sh \
	perf/scenario/jmeter.sh \
	perf/scenario/jwt_bearer.sh \
	perf/scenario/k6.sh \
	perf/scenario/password.sh \
	perf/scenario/password_hashed.sh \
	perf/scenario/persistence.sh \
	perf/scenario/processes.sh \
	perf/scenario/refresh.sh \
	perf/scenario/rows.sh \
	perf/scenario/status_claim.sh \
	perf/scenario/status_list.sh \
	perf/scenario/status_reference.sh \
	perf/scenario/status_size.sh \
	perf/scenario/status_update.sh \
	perf/scenario/threads.sh \
	perf/scenario/users.sh \
	perf/wrk/form.lua \
	perf/wrk/forms.lua \
	perf/wrk/refresh.lua \
	perf/wrk/report.lua \
	perf/wrk/request.lua \
	perf/wrk/updates.lua

.PHONY: perf
perf: perf/ceiling$(EXEEXT) perf/bench_handle$(EXEEXT) perf/assertions$(EXEEXT) tallystick$(EXEEXT)
# Adds the files of this folder to the build.

EXTRA_PROGRAMS += perf/bench_crypt
perf_bench_crypt_SOURCES = perf/bench_crypt.c
perf_bench_crypt_LDADD = libtally.a $(CORE_LIBS)
CLEANFILES += perf/bench_crypt$(EXEEXT)

EXTRA_PROGRAMS += perf/bench_commit
perf_bench_commit_SOURCES = perf/bench_commit.c
perf_bench_commit_LDADD = libtally.a $(CORE_LIBS)
CLEANFILES += perf/bench_commit$(EXEEXT)
EXTRA_DIST += perf/durability

EXTRA_PROGRAMS += perf/bench_status
perf_bench_status_SOURCES = perf/bench_status.c
perf_bench_status_LDADD = libtally.a $(CORE_LIBS)
CLEANFILES += perf/bench_status$(EXEEXT)

# The schema travels inside the program, see sql/README.md. The files are named
# one by one, so that a stray file in the folder never becomes part of it.
MIGRATIONS = \
	sql/migrations/0001_foundation.sql \
	sql/migrations/0002_users.sql \
	sql/migrations/0003_tokens.sql \
	sql/migrations/0004_pools.sql \
	sql/migrations/0005_token_status.sql \
	sql/migrations/0006_organisations.sql

EXTRA_DIST += sql/README.md sql/embed.awk $(MIGRATIONS)

# For the administrator of the server.
sqldir = $(pkgdatadir)/sql
dist_sql_DATA = sql/event.sql sql/grants-admin.sql sql/grants.sql sql/monitor.sql

BUILT_SOURCES += sql/migrations.c
CLEANFILES += sql/migrations.c sql/migrations.c.tmp
nodist_libtally_a_SOURCES += sql/migrations.c

sql/migrations.c: sql/embed.awk sql/local.mk $(MIGRATIONS)
	$(AM_V_GEN)$(MKDIR_P) sql && cd $(srcdir) && \
	LC_ALL=C $(AWK) -f sql/embed.awk $(MIGRATIONS) \
		>'$(abs_builddir)/$@.tmp' && \
	mv '$(abs_builddir)/$@.tmp' '$(abs_builddir)/$@'

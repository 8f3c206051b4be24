libtally_a_SOURCES += \
	core/store/cache.c core/store/cache.h \
	core/store/cache_table.c core/store/cache_table.h \
	core/store/gather.c core/store/gather.h \
	core/store/keyset.c core/store/keyset.h \
	core/store/link.c core/store/link.h \
	core/store/lists.h \
	core/store/marks.h \
	core/store/mysql/client.c \
	core/store/mysql/client_change.c \
	core/store/mysql/client_key.c \
	core/store/mysql/connect.c \
	core/store/mysql/db.c core/store/mysql/db.h \
	core/store/mysql/entry.c \
	core/store/mysql/error.def \
	core/store/mysql/issuer.c \
	core/store/mysql/lookup.c core/store/mysql/lookup.h \
	core/store/mysql/migrate.c \
	core/store/mysql/migration.h \
	core/store/mysql/mysql.c core/store/mysql/mysql.h \
	core/store/mysql/named.c \
	core/store/mysql/ops.h \
	core/store/mysql/organisation.c \
	core/store/mysql/page.c core/store/mysql/page.h \
	core/store/mysql/password.c core/store/mysql/password.h \
	core/store/mysql/pool.c \
	core/store/mysql/purge.c \
	core/store/mysql/query.c core/store/mysql/query.h \
	core/store/mysql/revoked.c \
	core/store/mysql/rewrap.c \
	core/store/mysql/signing_key.c \
	core/store/mysql/statement.c core/store/mysql/statement.def core/store/mysql/statement.h \
	core/store/mysql/text.c core/store/mysql/text.h \
	core/store/mysql/token.c \
	core/store/mysql/token_write.c \
	core/store/mysql/user.c \
	core/store/mysql/user_key.c \
	core/store/mysql/work.c core/store/mysql/work.h \
	core/store/outage.c core/store/outage.h \
	core/store/redis/conn.c core/store/redis/conn.h \
	core/store/redis/durable.c core/store/redis/durable.h \
	core/store/redis/error.def \
	core/store/redis/lists.c core/store/redis/lists_priv.h \
	core/store/redis/lists_entry.c \
	core/store/redis/lists_out.c \
	core/store/redis/lists_pool.c \
	core/store/redis/lists_publish.c \
	core/store/redis/redis.c core/store/redis/redis.h \
	core/store/redis/script.c core/store/redis/script.h \
	core/store/redis/server.c core/store/redis/server.h \
	core/store/status_ref.c core/store/status_ref.h \
	core/store/store.h \
	core/store/token_id.c core/store/token_id.h \
	core/store/token_writer.c core/store/token_writer.h

# What Redis does as one step travels inside the program. Parts come first.
REDIS_LUA = \
	core/store/redis/lua/part_due.lua \
	core/store/redis/lua/count.lua \
	core/store/redis/lua/list_changes.lua \
	core/store/redis/lua/list_due.lua \
	core/store/redis/lua/list_fill.lua \
	core/store/redis/lua/list_give_back.lua \
	core/store/redis/lua/list_lease.lua \
	core/store/redis/lua/list_look.lua \
	core/store/redis/lua/list_past.lua \
	core/store/redis/lua/list_pool.lua \
	core/store/redis/lua/list_publish.lua \
	core/store/redis/lua/list_read.lua \
	core/store/redis/lua/list_release.lua \
	core/store/redis/lua/list_reserve.lua \
	core/store/redis/lua/list_retire.lua \
	core/store/redis/lua/list_snapshot.lua \
	core/store/redis/lua/list_states.lua \
	core/store/redis/lua/list_update.lua \
	core/store/redis/lua/use_refresh.lua

EXTRA_DIST += core/store/redis/lua/embed.awk $(REDIS_LUA)
BUILT_SOURCES += core/store/redis/lua.c
CLEANFILES += core/store/redis/lua.c core/store/redis/lua.c.tmp
nodist_libtally_a_SOURCES += core/store/redis/lua.c

core/store/redis/lua.c: core/store/redis/lua/embed.awk core/store/local.mk $(REDIS_LUA)
	$(AM_V_GEN)$(MKDIR_P) core/store/redis && cd $(srcdir) && \
	LC_ALL=C $(AWK) -f core/store/redis/lua/embed.awk $(REDIS_LUA) \
		>'$(abs_builddir)/$@.tmp' && \
	mv '$(abs_builddir)/$@.tmp' '$(abs_builddir)/$@'

libtally_a_SOURCES += \
	core/store/keyset.c core/store/keyset.h \
	core/store/cache.c core/store/cache.h \
	core/store/cache_table.c core/store/cache_table.h \
	core/store/store.h \
	core/store/mysql/client.c \
	core/store/mysql/client_change.c \
	core/store/mysql/connect.c \
	core/store/mysql/db.c core/store/mysql/db.h \
	core/store/mysql/error.def \
	core/store/mysql/migrate.c core/store/mysql/migration.h \
	core/store/mysql/mysql.c core/store/mysql/mysql.h \
	core/store/mysql/ops.h \
	core/store/mysql/outage.c core/store/mysql/outage.h \
	core/store/mysql/password.c core/store/mysql/password.h \
	core/store/mysql/pool.c core/store/mysql/pool.h \
	core/store/mysql/query.c core/store/mysql/query.h \
	core/store/mysql/signing_key.c \
	core/store/mysql/statement.c core/store/mysql/statement.def \
	core/store/mysql/statement.h \
	core/store/mysql/work.c core/store/mysql/work.h \
	core/store/token_id.c core/store/token_id.h

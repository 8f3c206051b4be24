libtally_a_SOURCES += \
	core/status/access.c core/status/access.h \
	core/status/aggregation.c core/status/aggregation.h \
	core/status/check.c core/status/check.h \
	core/status/check_open.c core/status/check_open.h \
	core/status/claims.c core/status/claims.h \
	core/status/desk.c core/status/desk.h core/status/desk_priv.h \
	core/status/desk_lists.c \
	core/status/desk_scan.c \
	core/status/endpoints.h \
	core/status/entry.c \
	core/status/files.c core/status/files.h \
	core/status/folder.c core/status/folder.h \
	core/status/format.c core/status/format.def core/status/format.h \
	core/status/format/cwt.c \
	core/status/format/jwt.c \
	core/status/lease.c core/status/lease.h \
	core/status/list.c \
	core/status/name.c \
	core/status/new_references.c \
	core/status/permute.c core/status/permute.h \
	core/status/pool.c core/status/pool.h core/status/pool_priv.h \
	core/status/pool_refresh.c \
	core/status/press.c core/status/press.h \
	core/status/publish.c core/status/publish.h \
	core/status/query.c core/status/query.h \
	core/status/reference.c core/status/reference.h core/status/reference_priv.h \
	core/status/refill.c core/status/refill.h \
	core/status/roster.c core/status/roster.h \
	core/status/shelf.c core/status/shelf.h \
	core/status/signing.c core/status/signing.h \
	core/status/token_status.c core/status/token_status.h \
	core/status/track.c core/status/track.h \
	core/status/update.c

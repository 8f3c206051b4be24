noinst_LIBRARIES += libtally.a

libtally_a_SOURCES =
nodist_libtally_a_SOURCES =

include core/base/local.mk
include core/sys/local.mk
include core/codec/local.mk
include core/crypt/local.mk
include core/store/local.mk
include core/http/local.mk
include core/admin/local.mk
include core/oauth/local.mk
include core/status/local.mk
include core/app/local.mk

libtally_a_SOURCES += \
	core/admin/client.c core/admin/client.h \
	core/admin/client_key.c core/admin/client_key.h \
	core/admin/issuer.c core/admin/issuer.h \
	core/admin/key.c core/admin/key.h \
	core/admin/machine.c core/admin/machine.h \
	core/admin/organisation.c core/admin/organisation.h \
	core/admin/pool.c core/admin/pool.h \
	core/admin/pool_lists.c core/admin/pool_lists.h \
	core/admin/public_key.c core/admin/public_key.h \
	core/admin/revoke.c core/admin/revoke.h \
	core/admin/rewrap.c core/admin/rewrap.h \
	core/admin/text.c core/admin/text.h \
	core/admin/user.c core/admin/user.h

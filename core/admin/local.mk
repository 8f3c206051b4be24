libtally_a_SOURCES += \
	core/admin/client.c core/admin/client.h \
	core/admin/key.c core/admin/key.h

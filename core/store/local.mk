libtally_a_SOURCES += \
	core/store/keyset.c core/store/keyset.h

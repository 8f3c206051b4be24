libtally_a_SOURCES += \
	core/status/format.c core/status/format.def core/status/format.h \
	core/status/format/cwt.c \
	core/status/format/jwt.c \
	core/status/permute.c core/status/permute.h

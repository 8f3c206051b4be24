libtally_a_SOURCES += \
	core/base/arena.c core/base/arena.h \
	core/base/b64.c core/base/b64.h \
	core/base/banned.h \
	core/base/buf.c core/base/buf.h \
	core/base/err.c core/base/err.def core/base/err.h \
	core/base/secret.c core/base/secret.h \
	core/base/siphash.c core/base/siphash.h \
	core/base/span.c core/base/span.h

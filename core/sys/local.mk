libtally_a_SOURCES += \
	core/sys/clock.c core/sys/clock.h \
	core/sys/rand.c core/sys/rand.h

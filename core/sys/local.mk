libtally_a_SOURCES += \
	core/sys/clock.c core/sys/clock.h \
	core/sys/command.c core/sys/command.h \
	core/sys/conf.c core/sys/conf.def core/sys/conf.h \
	core/sys/conf_check.c core/sys/conf_line.c core/sys/conf_near.c \
	core/sys/conf_parts.h core/sys/conf_value.c \
	core/sys/log.c core/sys/log.def core/sys/log.h \
	core/sys/rand.c core/sys/rand.h

libtally_a_SOURCES += \
	core/sys/clock.c core/sys/clock.h \
	core/sys/command.c core/sys/command.h \
	core/sys/conf.c core/sys/conf.def core/sys/conf.h \
	core/sys/conf_check.c \
	core/sys/conf_compare.c \
	core/sys/conf_line.c \
	core/sys/conf_mistake.c \
	core/sys/conf_near.c \
	core/sys/conf_parts.h \
	core/sys/conf_read.c \
	core/sys/conf_value.c \
	core/sys/file.c core/sys/file.h \
	core/sys/log.c core/sys/log.def core/sys/log.h \
	core/sys/pool.def \
	core/sys/pool_check.c \
	core/sys/pool_conf.c core/sys/pool_conf.h \
	core/sys/rand.c core/sys/rand.h \
	core/sys/thread.c core/sys/thread.h

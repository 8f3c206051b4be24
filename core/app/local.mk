libtally_a_SOURCES += \
	core/app/app.c core/app/app.h \
	core/app/health.c \
	core/app/internal.h \
	core/app/keeper.c \
	core/app/lists.c \
	core/app/publish.c \
	core/app/route.c \
	core/app/routes.def \
	core/app/site.c core/app/site.h \
	core/app/worker.c

libtally_a_SOURCES += \
	core/http/failures.c core/http/failures.h \
	core/http/fault.c core/http/fault.def core/http/fault.h \
	core/http/param.def \
	core/http/params.c core/http/params.h \
	core/http/request.h \
	core/http/response.c core/http/response.h \
	core/http/services.h \
	core/http/site.h

libtally_a_SOURCES += \
	core/codec/basic.c core/codec/basic.h \
	core/codec/form.c core/codec/form.h \
	core/codec/json_in.c core/codec/json_in.h \
	core/codec/json_out.c core/codec/json_out.h \
	core/codec/json_text.c core/codec/json_text.h

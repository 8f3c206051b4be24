libtally_a_SOURCES += \
	core/codec/accept.c core/codec/accept.h \
	core/codec/basic.c core/codec/basic.h \
	core/codec/bits.c core/codec/bits.h \
	core/codec/cbor_in.c core/codec/cbor_in.h \
	core/codec/cbor_out.c core/codec/cbor_out.h \
	core/codec/deflate.c core/codec/deflate.h \
	core/codec/form.c core/codec/form.h \
	core/codec/json_in.c core/codec/json_in.h \
	core/codec/json_out.c core/codec/json_out.h \
	core/codec/json_text.c core/codec/json_text.h

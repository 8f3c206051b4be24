libtally_a_SOURCES += \
	core/crypt/alg.c core/crypt/alg.def core/crypt/alg.h \
	core/crypt/digest.c core/crypt/digest.h \
	core/crypt/ecdsa.c core/crypt/ecdsa.h \
	core/crypt/ossl.c core/crypt/ossl.h \
	core/crypt/seal.c core/crypt/seal.h

libtally_a_SOURCES += \
	core/crypt/alg.c core/crypt/alg.def core/crypt/alg.h \
	core/crypt/chain.c core/crypt/chain.h \
	core/crypt/cose.c core/crypt/cose.h \
	core/crypt/cose_parse.c \
	core/crypt/cose_priv.h \
	core/crypt/derive.c core/crypt/derive.h \
	core/crypt/digest.c core/crypt/digest.h \
	core/crypt/ecdsa.c core/crypt/ecdsa.h \
	core/crypt/hmac.c core/crypt/hmac.h \
	core/crypt/jwks.c core/crypt/jwks.h \
	core/crypt/jws.c core/crypt/jws.h \
	core/crypt/key.c core/crypt/key.h \
	core/crypt/key_check.c \
	core/crypt/key_jwk.c \
	core/crypt/key_jwk_out.c \
	core/crypt/key_load.c \
	core/crypt/key_make.c \
	core/crypt/key_priv.h \
	core/crypt/key_spki.c \
	core/crypt/op.c core/crypt/op.h \
	core/crypt/ossl.c core/crypt/ossl.h \
	core/crypt/password.c core/crypt/password.h \
	core/crypt/seal.c core/crypt/seal.h \
	core/crypt/signer.c \
	core/crypt/verifier.c \
	core/crypt/verifier_cache.c core/crypt/verifier_cache.h

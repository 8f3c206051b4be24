libtally_a_SOURCES += \
	core/oauth/assertion.c core/oauth/assertion.h \
	core/oauth/auth.c core/oauth/auth.def core/oauth/auth.h \
	core/oauth/auth/client_assertion.c core/oauth/auth/client_assertion.h \
	core/oauth/auth/client_secret_basic.c \
	core/oauth/auth/client_secret_jwt.c \
	core/oauth/auth/client_secret_post.c \
	core/oauth/auth/none.c \
	core/oauth/auth/private_key_jwt.c \
	core/oauth/bearer.c core/oauth/bearer.h \
	core/oauth/client.c core/oauth/client.h \
	core/oauth/end.c core/oauth/end.h \
	core/oauth/form_in.c core/oauth/form_in.h \
	core/oauth/grant.c core/oauth/grant.def core/oauth/grant.h \
	core/oauth/grant/client_credentials.c \
	core/oauth/grant/jwt_bearer.c \
	core/oauth/grant/password.c \
	core/oauth/grant/refresh_token.c \
	core/oauth/introspect.c core/oauth/introspect.h \
	core/oauth/issue.c core/oauth/issue.h \
	core/oauth/issuer.c core/oauth/issuer.h \
	core/oauth/metadata.c core/oauth/metadata.h \
	core/oauth/mint.c core/oauth/mint.h \
	core/oauth/opaque.c core/oauth/opaque.h \
	core/oauth/passwords.c core/oauth/passwords.h \
	core/oauth/public_key.c core/oauth/public_key.h \
	core/oauth/refresh.c core/oauth/refresh.h \
	core/oauth/revoke.c core/oauth/revoke.h \
	core/oauth/scope.c core/oauth/scope.h \
	core/oauth/sealed.c core/oauth/sealed.h \
	core/oauth/secret.c core/oauth/secret.h \
	core/oauth/token.c core/oauth/token.h \
	core/oauth/token_check.c core/oauth/token_check.h \
	core/oauth/user.c core/oauth/user.h \
	core/oauth/userinfo.c core/oauth/userinfo.h

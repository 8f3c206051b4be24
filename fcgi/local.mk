bin_PROGRAMS += tallystick

tallystick_SOURCES = \
	fcgi/cmd_client.c \
	fcgi/cmd_client_key.c \
	fcgi/cmd_issuer.c \
	fcgi/cmd_key.c \
	fcgi/cmd_org.c \
	fcgi/cmd_pool.c \
	fcgi/cmd_pool_lists.c \
	fcgi/cmd_publish.c \
	fcgi/cmd_purge.c \
	fcgi/cmd_revoke.c \
	fcgi/cmd_rewrap.c \
	fcgi/cmd_setup.c \
	fcgi/cmd_status.c \
	fcgi/cmd_user.c \
	fcgi/cmd_user_key.c \
	fcgi/command.c fcgi/command.def fcgi/command.h \
	fcgi/fetch.c fcgi/fetch.h \
	fcgi/file.c fcgi/file.h \
	fcgi/front.c fcgi/front.h \
	fcgi/listener.c fcgi/listener.h \
	fcgi/main.c \
	fcgi/option.def \
	fcgi/output.c fcgi/output.h \
	fcgi/pool_output.c fcgi/pool_output.h \
	fcgi/serve.c \
	fcgi/session.c fcgi/session.h \
	fcgi/signals.c fcgi/signals.h
tallystick_LDADD = libtally.a $(FCGI_LIBS) $(CORE_LIBS)

bin_PROGRAMS += tallystick

tallystick_SOURCES = \
	fcgi/front.c fcgi/front.h \
	fcgi/listener.c fcgi/listener.h \
	fcgi/main.c \
	fcgi/serve.c
tallystick_LDADD = libtally.a $(FCGI_LIBS) $(CORE_LIBS)

# Adds the files of this folder to the build.
EXTRA_DIST += \
	conf/apache/tallystick-fcgid.conf \
	conf/apache/tallystick-tls.conf \
	conf/apache/tallystick.conf \
	conf/lighttpd/tallystick-tls.conf \
	conf/lighttpd/tallystick.conf \
	conf/logrotate/tallystick \
	conf/systemd/tallystick.socket \
	conf/systemd/tallystick@.service \
	conf/sysusers/tallystick.conf \
	conf/tmpfiles/tallystick.conf

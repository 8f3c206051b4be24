# Ready-made files for web servers and process managers, as examples.
nobase_dist_pkgdata_DATA = \
	conf/apache/tallystick-fcgid.conf \
	conf/apache/tallystick-tls.conf \
	conf/apache/tallystick.conf \
	conf/lighttpd/tallystick-tls.conf \
	conf/lighttpd/tallystick.conf \
	conf/logrotate/tallystick \
	conf/systemd/tallystick-publish.service \
	conf/systemd/tallystick-purge.service \
	conf/systemd/tallystick-purge.timer \
	conf/mysql/tallystick.cnf \
	conf/rds/parameters.json \
	conf/redis/tallystick.conf \
	conf/systemd/tallystick.socket \
	conf/systemd/tallystick@.service \
	conf/sysusers/tallystick.conf \
	conf/tallystick.conf \
	conf/tmpfiles/tallystick.conf
nobase_dist_pkgdata_SCRIPTS = conf/rds/database-token

# The configuration in its place, unless there is one: it is the operator's.
installed_conf = $(DESTDIR)$(sysconfdir)/tallystick/tallystick.conf

install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)/tallystick'
	test -e '$(installed_conf)' || \
		$(INSTALL_DATA) '$(srcdir)/conf/tallystick.conf' '$(installed_conf)'

# Taken away again when it was never changed.
uninstall-local:
	if cmp -s '$(srcdir)/conf/tallystick.conf' '$(installed_conf)'; then \
		rm -f '$(installed_conf)'; fi
	rmdir '$(DESTDIR)$(sysconfdir)/tallystick' 2>/dev/null || :

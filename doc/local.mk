# Adds the files of this folder to the build.
dist_man5_MANS = doc/tallystick.conf.5
dist_man7_MANS = doc/tallystick-rds.7
dist_man8_MANS = doc/tallystick.8

# With their folders, so that the links between them hold when installed.
nobase_dist_doc_DATA = \
	CHANGELOG.md \
	README.md \
	doc/building.md \
	doc/security.md \
	sql/README.md

# Adds the files of this folder to the build.
EXTRA_DIST += \
	examples/clients/jwt-profile.py \
	examples/clients/status-check.js \
	examples/clients/status-check.py \
	examples/clients/status-check.sh \
	examples/lib/build.sh \
	examples/lib/common.sh \
	examples/lib/config.sh \
	examples/lib/database.sh \
	examples/lib/database_root.sh \
	examples/lib/packages.sh \
	examples/lib/pool.sh \
	examples/lib/redis.sh \
	examples/lib/stack.sh \
	examples/lib/web.sh \
	examples/quickstart \
	examples/stack

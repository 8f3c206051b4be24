# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The out-of-tree build in build/. Each step is done only when its result is
# missing; what has changed since, make finds out by itself.

# build_program [TARGET...]
build_program() {
	local jobs
	jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || jobs=2
	cd "$TOP"
	if [ ! -x configure ] || [ ! -f Makefile.in ]; then
		./autogen.sh
	fi
	mkdir -p build
	cd build
	if [ ! -x config.status ] || [ ! -f Makefile ]; then
		../configure
	fi
	make -s -j "$jobs" "$@"
}

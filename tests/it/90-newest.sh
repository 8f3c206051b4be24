#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same sources with the newest compiler, OpenSSL and cmocka, and with MySQL's
# own client library, as Debian unstable has them: built, unit-tested, and the
# store tried against MySQL. The system for it is made once, in the cache, and
# is entered by chroot: so this needs root.
# shellcheck disable=SC2317 # the functions are called, by "ok"
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
PROG=tests/it/90-newest
CACHE=${TALLYSTICK_CACHE:-$TALLY_SRCDIR/.cache}
packages=mysql-server-core,gcc,libc6-dev,make,autoconf,automake,pkgconf,mawk
packages+=,libssl-dev,libhiredis-dev,libcjson-dev,libcmocka-dev,libmysqlclient-dev,libfcgi-dev
packages+=,libargon2-dev,libdeflate-dev
# Named by what is in it: another list is another root.
root=$CACHE/root-newest-$(cksum <<<"$packages" | cut -d' ' -f1)-$(uname -m)
# shellcheck source=examples/lib/common.sh
. "$TALLY_SRCDIR/examples/lib/common.sh"
# shellcheck source=examples/lib/packages.sh
. "$TALLY_SRCDIR/examples/lib/packages.sh"
# shellcheck source=examples/lib/database_root.sh
. "$TALLY_SRCDIR/examples/lib/database_root.sh"

make_root() {
	local tmp mirror args
	[ ! -d "$root" ] || return 0
	tmp=$(mktemp -d "$CACHE/making.XXXXXX") || return
	mirror=$(db_root_mirror)
	db_root_proxy
	args=(--variant=minbase --components=main --include="$packages" sid "$tmp/root")
	[ -z "$mirror" ] || args+=("$mirror")
	if "$(find_program debootstrap)" "${args[@]}"; then
		rm -f "$tmp"/root/var/cache/apt/archives/*.deb
		mv -T "$tmp/root" "$root"
	fi
	rm -rf "$tmp"
	[ -d "$root" ]
}

# Only what git knows, so that no build of this system gets in.
copy_sources() {
	rm -rf "$root/build" && mkdir "$root/build" &&
		git -C "$TALLY_SRCDIR" ls-files -z --cached --others --exclude-standard |
		tar -C "$TALLY_SRCDIR" --null --files-from=- --ignore-failed-read -c |
			tar -x -C "$root/build"
}

# inside SCRIPT: in the folder of the build.
inside() {
	chroot "$root" /bin/sh -c "cd /build && mkdir -p out && cd out && $1"
}

# The guards over the sources are no matter of the compiler, and want a /dev.
unit_tests() {
	local list
	list=$(cd "$TALLY_SRCDIR" && echo tests/unit/test_*.c)
	inside "make -s check TESTS='${list//.c/}'"
}

# outside SCRIPT: a test of tests/it with what was built inside.
outside() {
	local libraries
	libraries=$(echo "$root"/usr/lib/*-linux-gnu)
	TALLY_IT_KINDS=mysql TALLY_BUILDDIR=$root/build/out TALLYSTICK_PROGRAM='' \
		TALLY_IT_LOADER="$(echo "$libraries"/ld-linux-*.so.*) --library-path $libraries" \
		bash "$TALLY_SRCDIR/tests/it/$1"
}

is_root || skip_all "this test enters another system, which takes root"
grep -qx "ID=debian" /etc/os-release || skip_all "this is not Debian"
find_program debootstrap >/dev/null || missing_all "debootstrap is there" "debootstrap"
command -v git >/dev/null || missing_all "git is there" "git"
mkdir -p "$CACHE"
exec 9>"$root.lock"
flock 9
log=$(make_root 2>&1) || missing_all "a system of Debian unstable" "$(tail -n 1 <<<"$log")"
ok "the sources are copied" copy_sources
ok "configure finds MySQL's client" inside \
	"(cd .. && ./autogen.sh) && ../configure --enable-werror && grep lmysqlclient Makefile"
ok "everything builds without a warning" inside \
	"make -s -j$(getconf _NPROCESSORS_ONLN) all && make -s -j2 check TESTS="
ok "the unit tests pass" unit_tests
ok "the store passes its tests against MySQL" outside 20-store.sh
ok "a password is sent over TLS only" outside 21-login.sh
done_testing

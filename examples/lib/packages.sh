# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the distribution must provide, in one place, for Debian 12 and 13 and
# Ubuntu 22.04 and 24.04; and a function that installs what is missing.
#
# Nothing here brings a service that runs when we only need a program:
#   - mariadb-server-core and mysql-server-core-8.0 hold the server without
#     its service, apache2-bin holds Apache without its service;
#   - redis-tools holds the whole Redis server: /usr/bin/redis-server is only
#     a link, in the package redis-server, to redis-check-rdb of redis-tools
#     (redis.sh makes that link itself);
#   - lighttpd has no such package: see install_quietly.

# packages PURPOSE: one line per need, "NEED PACKAGE[|PACKAGE]...". NEED is a
# program (present from anywhere will do) or "-" (the package itself); of
# several packages the first that the distribution knows is taken.
packages() {
	case $1 in
	build)
		cat <<-'END'
			gcc gcc
			- libc6-dev
			make make
			autoconf autoconf
			automake automake
			libtoolize libtool
			pkg-config pkg-config|pkgconf
			- libfcgi-dev
			- libssl-dev
			- libmysqlclient-dev|libmariadb-dev
			- libhiredis-dev
			- libcjson-dev
			- libcmocka-dev
			- libargon2-dev
			- libdeflate-dev
		END
		;;
	run)
		cat <<-'END'
			spawn-fcgi spawn-fcgi
			lighttpd lighttpd
			redis-cli redis-tools
			redis-check-rdb redis-tools
			curl curl
			openssl openssl
		END
		;;
	tls)
		packages_lighttpd_tls
		;;
	apache)
		cat <<-'END'
			apache2 apache2-bin
			- libapache2-mod-fcgid
		END
		;;
	mariadb)
		cat <<-'END'
			mariadbd mariadb-server-core|mariadb-server-core-10.6
		END
		;;
	mysql)
		cat <<-'END'
			- mysql-server-core-8.4|mysql-server-core-8.0
		END
		;;
	root)
		cat <<-'END'
			debootstrap debootstrap
			fakeroot fakeroot
			- ca-certificates
		END
		;;
	quickstart)
		cat <<-'END'
			jose jose
			jq jq
		END
		;;
	test)
		cat <<-'END'
			clang clang
			- libclang-rt-dev|libclang-common-14-dev
			clang-format clang-format
			valgrind valgrind
			jose jose
			jq jq
			wrk wrk
			shellcheck shellcheck
			mandoc mandoc
			python3 python3
			- python3-cryptography
			node nodejs
			npm npm|nodejs
			mysql mysql-client-core-8.0|mariadb-client-core
		END
		;;
	*)
		die "packages: no such purpose: $1"
		;;
	esac
}

# lighttpd's TLS module is a package of its own.
packages_lighttpd_tls() {
	[ -e /usr/lib/lighttpd/mod_openssl.so ] || say "- lighttpd-mod-openssl"
}

# packages_installed: the names of all installed packages, without the
# architecture.
packages_installed() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
		sed -n 's/^installed //p'
}

# packages_missing PURPOSE...: the alternatives ("a|b") that are needed and
# not there.
packages_missing() {
	local installed purpose need names
	installed=" $(packages_installed | tr '\n' ' ')"
	for purpose; do
		packages "$purpose"
	done | sort -u | while read -r need names; do
		if [ "$need" != - ]; then
			find_program "$need" >/dev/null && continue
		elif packages_one_of "$installed" "$names"; then
			continue
		fi
		say "$names"
	done | sort -u
}

# packages_one_of " a b c " "x|y": is x or y in the list?
packages_one_of() {
	local name
	for name in ${2//|/ }; do
		case $1 in
		*" $name "*) return 0 ;;
		esac
	done
	return 1
}

# packages_choose "a|b": the first that apt can install; the first of all
# when it knows none, for its own error message.
packages_choose() {
	local name
	for name in ${1//|/ }; do
		if package_known "$name"; then
			say "$name"
			return 0
		fi
	done
	say "${1%%|*}"
}

# package_known NAME: has apt a real package of that name? (For a name that
# others provide apt-cache succeeds as well, and prints nothing.)
package_known() {
	[ -n "$(apt-cache show --no-all-versions "$1" 2>/dev/null)" ]
}

as_root() {
	if is_root; then
		"$@"
	elif have sudo; then
		sudo -- "$@"
	else
		return 126
	fi
}

# install_packages PURPOSE...: installs what is missing, and only that. When
# nothing is missing it asks the package manager nothing and takes a moment.
install_packages() {
	local missing names=() spec INSTALL_LOG
	have dpkg-query || {
		warn "this is no Debian or Ubuntu: nothing is installed for you." \
			"What is needed for '$*' stands in examples/lib/packages.sh"
		return 0
	}
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	install_may_i "$missing"
	INSTALL_LOG=${CACHE:-${TMPDIR:-/tmp}}/install.log
	mkdir -p "${INSTALL_LOG%/*}"
	as_root apt-get -qq update >"$INSTALL_LOG" 2>&1 ||
		warn "apt-get update failed; trying with the lists that are there"
	while read -r spec; do
		names+=("$(packages_choose "$spec")")
	done <<<"$missing"
	install_quietly "${names[@]}"
}

install_may_i() {
	local names=()

	is_root && return 0
	if have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		return 0
	fi
	mapfile -t names <<<"$1"
	die "packages are missing, and this user may not install them." \
		"Ask an administrator for:" \
		"apt-get install --no-install-recommends ${names[*]%%|*}"
}

# install_quietly PACKAGE...: without starting a service, now or at the next
# boot. A package that brings one (lighttpd) starts it from its installation
# script. Two things prevent that, and neither stays: a mask under /run where
# systemd is, and elsewhere RUNLEVEL=1, for invoke-rc.d starts nothing in
# single-user mode. A policy-rc.d would do as well, but that file belongs to
# the administrator.
install_quietly() {
	local unit units rc=0
	warn "installing: $*"
	mapfile -t units < <(install_units "$@")
	install_mask mask "${units[@]}"
	as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@" >>"$INSTALL_LOG" 2>&1 || rc=$?
	install_mask unmask "${units[@]}"
	for unit in "${units[@]}"; do
		as_root update-rc.d "${unit%.service}" disable || true
		! have systemctl || as_root systemctl --quiet disable "$unit" || true
	done >>"$INSTALL_LOG" 2>&1
	[ "$rc" = 0 ] || {
		show_log "$INSTALL_LOG"
		die "apt-get could not install: $*"
	}
}

install_mask() {
	[ -d /run/systemd/system ] && [ $# -gt 1 ] || return 0
	as_root systemctl --quiet --runtime "$@" || true
}

# install_units PACKAGE...: what these packages would start. One that was
# there before is not ours to stop; but then its package is not missing either.
install_units() {
	local name
	for name; do
		case $name in
		lighttpd) say lighttpd.service ;;
		esac
	done
}

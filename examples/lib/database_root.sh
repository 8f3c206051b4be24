# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A database server that this distribution cannot install beside what it has:
# a small private root under the cache, made once by debootstrap.
#
#   MySQL on Debian       from Debian unstable; Debian stable has no MySQL
#   MariaDB on Ubuntu     of the same release; its package excludes MySQL's
#
# The server in it runs WITHOUT chroot, through the root's own dynamic loader
# and libraries: so it needs no privilege, mounts nothing, and its sockets and
# files have the same paths inside and outside. Making the root needs none
# either: an ordinary user gets the packages unpacked instead of configured,
# which is all that this use of it takes. (A root made by root is a complete
# system for chroot, e.g. to build with its newer compiler and libraries.)

db_root_dir() {
	printf '%s/root-%s-%s\n' "$CACHE" "$1" "$(uname -m)"
}

# db_root_find mysql|mariadb: sets DB_SERVER and DB_ROOT when the root exists.
db_root_find() {
	local root loader server
	root=$(db_root_dir "$1")
	for server in "$root/usr/sbin/mariadbd" "$root/usr/sbin/mysqld"; do
		[ -x "$server" ] || continue
		# Beside the libraries: the link in /lib64 may be an absolute one.
		for loader in "$root"/usr/lib/*-linux-*/ld-linux-*.so.*; do
			[ -x "$loader" ] || continue
			DB_ROOT=$root
			DB_SERVER=("$loader" --argv0 "$server"
				--library-path "${loader%/*}" "$server")
			return 0
		done
	done
	return 1
}

# db_root_make mysql|mariadb: under a temporary name, then renamed, so that
# a root that exists is complete. Several at once: the first makes it.
db_root_make() {
	local root tmp log
	root=$(db_root_dir "$1")
	mkdir -p "$CACHE"
	(
		flock 8
		[ ! -d "$root" ] || exit 0
		install_packages root >&2
		tmp=$(mktemp -d "$CACHE/making.XXXXXX")
		log=$CACHE/root-$1.log
		warn "making a private root for $1, once (takes a minute): $root"
		if ! db_root_bootstrap "$1" "$tmp/root" >"$log" 2>&1; then
			show_log "$log"
			rm -rf "$tmp"
			die "no $1 server is installed, and none could be fetched"
		fi
		mv -T "$tmp/root" "$root"
		rmdir "$tmp"
	) 8>"$root.lock" || exit 1
	db_root_find "$1" || die "there is no usable $1 server in $root"
}

# db_root_source mysql|mariadb: suite and package.
db_root_source() {
	local id=debian codename=
	# shellcheck disable=SC1091
	id=$(. /etc/os-release && printf '%s' "$ID")
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	case $1:$id:$codename in
	mysql:debian:*) say sid mysql-server-core ;;
	mysql:ubuntu:*) say "$codename" mysql-server-core-8.0 ;;
	mariadb:ubuntu:jammy) say "$codename" mariadb-server-core-10.6 ;;
	mariadb:*) say "$codename" mariadb-server-core ;;
	*) return 1 ;;
	esac
}

# The mirror that apt itself uses for this release. None found: debootstrap
# has a default of its own.
db_root_mirror() {
	local codename
	# shellcheck disable=SC1091
	codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	# shellcheck disable=SC2016 # the dollars are apt's
	apt-get indextargets --format \
		'$(CREATED_BY) $(RELEASE) $(COMPONENT) $(REPO_URI)' |
		awk -v release="$codename" '$1 == "Packages" && $2 == release &&
			$3 == "main" && $4 ~ /^https?:/ { print $4; exit }'
}

# apt's proxy is also debootstrap's.
db_root_proxy() {
	local proxy=
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	if [ -n "$proxy" ] && [ "$proxy" != DIRECT ]; then
		export http_proxy="$proxy"
	fi
}

db_root_bootstrap() {
	local suite package mirror args
	read -r suite package < <(db_root_source "$1") || {
		warn "no source for $1 is known for this distribution"
		return 1
	}
	mirror=$(db_root_mirror)
	db_root_proxy
	args=(--variant=minbase "--components=main,universe"
		--include="$package" "$suite" "$2")
	[ "$suite" != sid ] || args[1]=--components=main
	[ -z "$mirror" ] || args+=("$mirror")
	if is_root; then
		"$(find_program debootstrap)" "${args[@]}" || return 1
	else
		db_root_unpack "$2" "${args[@]}" || return 1
	fi
	rm -f "$2"/var/cache/apt/archives/*.deb "$2"/var/lib/apt/lists/*_*
}

# Without root: debootstrap fetches and checks the packages, we unpack them.
db_root_unpack() {
	local root=$1 package
	shift
	fakeroot -- "$(find_program debootstrap)" --download-only "$@" || return 1
	for package in "$root"/var/cache/apt/archives/*.deb; do
		dpkg-deb --extract "$package" "$root" || return 1
	done
}

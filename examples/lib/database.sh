# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The stack's private database server: MySQL where there is one, else MariaDB.
#
# $DIR/database-mysql or -mariadb   the data
# $DIR/database.cnf                 the server's configuration, written anew
# $DIR/db.password, admin.password  of the users "tallystick" and "admin"
# $DB_SOCKET                        the only way in: no TCP

DB_SECONDS=60

# db_kind auto|mysql|mariadb: the kind to use; sets DB_KIND and DB_SERVER (the
# command). auto takes MySQL when it is at hand, and makes nothing.
db_choose() {
	DB_SERVER=()
	DB_ROOT=
	case $1 in
	mysql) db_find_mysql || db_get_mysql ;;
	mariadb) db_find_mariadb || db_get_mariadb ;;
	auto)
		db_find_mysql || db_find_mariadb || {
			db_install_any
			db_find_mysql || db_find_mariadb
		} || die "no database server is installed"
		;;
	*) die "--db $1: expected auto, mysql or mariadb" ;;
	esac
	DB_DATA=$DIR/database-$DB_KIND
}

# A "mysqld" may be MariaDB under its old name: the version tells.
db_find_mysql() {
	local path
	DB_KIND=mysql
	if path=$(find_program mysqld) &&
		! "$path" --no-defaults --version 2>/dev/null | grep -qi mariadb; then
		DB_SERVER=("$path")
		db_avoid_confinement "$path"
		return 0
	fi
	db_root_find mysql
}

db_find_mariadb() {
	local path
	DB_KIND=mariadb
	if path=$(find_program mariadbd); then
		DB_SERVER=("$path")
		return 0
	fi
	db_root_find mariadb
}

# Ubuntu's mysql-server package confines /usr/sbin/mysqld (AppArmor) to the
# system's own data folder. The profile goes by the path that is executed, so
# a start through the dynamic loader leaves the profile, and everything that
# belongs to the system, as it is.
db_avoid_confinement() {
	local loader
	[ -e /etc/apparmor.d/usr.sbin.mysqld ] || return 0
	for loader in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do
		if [ -x "$loader" ]; then
			DB_SERVER=("$loader" "$1")
			return 0
		fi
	done
}

# A distribution that has the server gives us the package; another kind (or
# two that exclude each other on one machine) comes as a private root.
db_get_mysql() {
	if package_known mysql-server-core-8.0 && ! find_program mariadbd >/dev/null
	then
		install_packages mysql
		db_find_mysql && return 0
	fi
	db_root_make mysql
}

db_get_mariadb() {
	if ! find_program mysqld >/dev/null; then
		install_packages mariadb
		db_find_mariadb && return 0
	fi
	db_root_make mariadb
}

db_install_any() {
	if package_known mysql-server-core-8.0; then
		install_packages mysql
	else
		install_packages mariadb
	fi
}

db_version() {
	"${DB_SERVER[@]}" --no-defaults --version 2>/dev/null |
		sed -n 's/.*Ver \([^ ]*\).*/\1/p'
}

# ---- configuration --------------------------------------------------------

# The settings that we ship, such as that every commit is on disk; then what is
# this stack's, sized for a small machine. --db-option overrides any of it.
# Temporary tables have a folder of their own: a server deletes at its start those
# that it finds, and in /tmp they would be another stack's.
db_write_config() {
	local option options
	mkdir -p "$DIR/database-tmp"
	mapfile -t options < <(db_place_options)
	{
		cat <<-END
			# Written by examples/stack at every start.
		END
		cat "$TOP/conf/mysql/tallystick.cnf"
		cat <<-END

			# ---- of this stack ----
			datadir = $DB_DATA
			socket = $DB_SOCKET
			pid-file = $DB_DATA/server.pid
			tmpdir = $DIR/database-tmp
			init-file = $DIR/database-init.sql
			skip-networking
			secure-file-priv =
			max-binlog-size = 64M
			binlog-expire-logs-seconds = 86400
			innodb-buffer-pool-size = 64M
			performance-schema = OFF
		END
		"db_config_$DB_KIND"
		for option in "${options[@]}" "${DB_OPTIONS[@]}"; do
			say "${option#--}"
		done
	} >"$DIR/database.cnf"
}

# "loose": MySQL knows it from 8.0.30 on.
db_config_mysql() {
	say "mysqlx = OFF"
	say "loose-innodb-redo-log-capacity = 64M"
}

db_config_mariadb() {
	say "innodb-log-file-size = 32M"
}

# db_place_options: where a server from a private root finds its own files, and
# under whose name it runs (as root it insists on being told).
db_place_options() {
	local share
	! is_root || say "--user=root"
	[ -n "$DB_ROOT" ] || return 0
	share=$DB_ROOT/usr/share/mysql
	[ -d "$share/charsets" ] || share=$DB_ROOT/usr/share/mariadb
	say "--basedir=$DB_ROOT/usr"
	say "--lc-messages-dir=$share"
	say "--character-sets-dir=$share/charsets"
	say "--plugin-dir=$DB_ROOT/usr/lib/mysql/plugin"
}

# Run by the server before it takes a connection, at every start: so no SQL
# client is needed, and an interrupted first start is repaired by the next.
db_write_init() {
	local name user_pw admin_pw
	user_pw=$(secret_file "$DIR/db.password")
	admin_pw=$(secret_file "$DIR/admin.password")
	{
		say "CREATE DATABASE IF NOT EXISTS tallystick" \
			"CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;"
		db_init_user tallystick "$user_pw"
		say "GRANT ALL ON tallystick.* TO tallystick@localhost;"
		db_init_user admin "$admin_pw"
		say "GRANT ALL ON *.* TO admin@localhost WITH GRANT OPTION;"
		# MySQL's data folder is made with a root that has no password.
		[ "$DB_KIND" != mysql ] ||
			say "ALTER USER root@localhost IDENTIFIED BY '$admin_pw';"
	} | write_private "$DIR/database-init.sql"
}

db_init_user() {
	say "CREATE USER IF NOT EXISTS $1@localhost IDENTIFIED BY '$2';"
	say "ALTER USER $1@localhost IDENTIFIED BY '$2';"
}

# secret_file FILE: what is in it; a new random one when there is none.
secret_file() {
	[ -s "$1" ] || random_hex 24 | write_private "$1"
	cat "$1"
}

# ---- data folder ----------------------------------------------------------

# Making a data folder takes seconds, copying one does not: the first of each
# version is kept in the cache.
db_make_data() {
	local template tmp
	[ ! -d "$DB_DATA" ] || return 0
	template=$CACHE/database-$DB_KIND-$(db_version)-$(id -u)
	mkdir -p "$CACHE"
	if [ ! -d "$template" ]; then
		tmp=$(mktemp -d "$CACHE/making.XXXXXX")
		"db_init_data_$DB_KIND" "$tmp/data" >"$LOGS/database-setup.log" 2>&1 || {
			show_log "$LOGS/database-setup.log"
			rm -rf "$tmp"
			die "the database's data folder could not be made"
		}
		rm -f "$tmp/data/auto.cnf"	# the server's identity: one each
		# Whoever is first wins; the other's is as good.
		mv -T "$tmp/data" "$template" 2>/dev/null || true
		rm -rf "$tmp"
	fi
	rm -rf "$DB_DATA.new"
	cp -a --reflink=auto "$template" "$DB_DATA.new"
	mv -T "$DB_DATA.new" "$DB_DATA"
}

db_init_data_mysql() {
	local options
	mapfile -t options < <(db_place_options)
	"${DB_SERVER[@]}" --no-defaults --initialize-insecure --datadir="$1" \
		--loose-innodb-redo-log-capacity=64M --secure-file-priv= "${options[@]}"
}

# What mariadb-install-db does, without its helpers, which other packages hold:
# the server in bootstrap mode reads the SQL that it is distributed with.
db_init_data_mariadb() {
	local share options
	share=$(db_mariadb_share) || return 1
	mapfile -t options < <(db_place_options)
	mkdir -m 700 "$1" "$1/mysql"
	{
		say "USE mysql;"
		say "SET @auth_root_socket = '$(id -un)';"
		# MariaDB 10 calls its files mysql_*, MariaDB 11 mariadb_*.
		cat "$share"/m*_system_tables.sql "$share"/m*_performance_tables.sql \
			"$share"/m*_system_tables_data.sql "$share"/fill_help_tables.sql \
			"$share"/maria_add_gis_sp_bootstrap.sql "$share"/m*_sys_schema.sql
	} | "${DB_SERVER[@]}" --no-defaults --bootstrap --datadir="$1" \
		--lc-messages-dir="$share" --enforce-storage-engine= \
		--net-buffer-length=16K --max-allowed-packet=8M "${options[@]}"
}

db_mariadb_share() {
	local share
	for share in "$DB_ROOT/usr/share/mariadb" "$DB_ROOT/usr/share/mysql"; do
		if [ -r "$share/fill_help_tables.sql" ]; then
			say "$share"
			return 0
		fi
	done
	warn "MariaDB's system tables (fill_help_tables.sql) are not installed"
	return 1
}

# ---- start and stop -------------------------------------------------------

db_ready() {
	if grep -q 'ready for connections' "$LOGS/database.log"; then
		return 0
	fi
	proc_alive database || return 2
	return 1
}

db_start() {
	proc_signal CONT database
	! proc_alive database || return 0
	db_make_data
	db_write_init
	db_write_config
	rm -f "$DB_SOCKET" "$DB_SOCKET.lock"
	log_keep "$LOGS/database.log"
	proc_start database "$LOGS/database.log" \
		"${DB_SERVER[@]}" --defaults-file="$DIR/database.cnf"
	wait_for "$DB_SECONDS" db_ready || {
		show_log "$LOGS/database.log"
		die "the database ($DB_KIND) did not start"
	}
}

db_stop() {
	proc_stop database 60
	rm -f "$DB_SOCKET" "$DB_SOCKET.lock"
}

# db_client ARGUMENT...: an SQL client as "admin" on the stack's database.
db_client() {
	local client
	client=$(find_program mysql mariadb) ||
		die "no SQL client is installed (mysql or mariadb)"
	MYSQL_PWD=$(cat "$DIR/admin.password") "$client" --no-defaults \
		--socket="$DB_SOCKET" --user=admin --database=tallystick "$@"
}

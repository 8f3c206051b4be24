# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The stack's web server on 127.0.0.1:$PORT. The sites are the very files that
# an operator installs from conf/; only the few values that each of them names
# at its top are changed.

# The user that Apache insists on when root starts it. lighttpd stays what it
# was started as.
web_user() {
	local user
	for user in www-data nobody; do
		if id "$user" >/dev/null 2>&1; then
			say "$user"
			return 0
		fi
	done
	id -un
}

# A port below the range that the kernel gives to outgoing connections. Two
# stacks may choose the same one: whoever cannot bind it chooses again.
web_choose_port() {
	PORT=$((20000 + RANDOM % 12000))
}

web_scheme() {
	if [ "$TLS" = 1 ]; then say https; else say http; fi
}

web_make_certificate() {
	[ "$TLS" = 1 ] && [ ! -s "$DIR/web/tls.crt" ] || return 0
	(umask 077 && openssl req -x509 -newkey ec \
		-pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
		-subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
		-keyout "$DIR/web/tls.key" -out "$DIR/web/tls.crt.new" \
		>"$LOGS/setup.log" 2>&1) || {
		show_log "$LOGS/setup.log"
		die "openssl could not make a certificate"
	}
	mv -f "$DIR/web/tls.crt.new" "$DIR/web/tls.crt"
}

# ---- lighttpd -------------------------------------------------------------

web_write_lighttpd() {
	local site=$DIR/web/site.conf
	sed -e "s|^\(var.tallystick_socket *= *\).*|\1\"$FCGI_SOCKET\"|" \
		-e "s|^\(var.tallystick_lists *= *\).*|\1\"$LISTS\"|" \
		-e "s|^\(var.tallystick_max_age *= *\).*|\1\"$MAX_AGE\"|" \
		-e "s|^\(var.tallystick_mount *= *\).*|\1\"$MOUNT\"|" \
		"$TOP/conf/lighttpd/tallystick.conf" >"$site"
	{
		cat <<-END
			# Written by examples/stack at every start.
			server.document-root = "$RUN/htdocs"
			server.bind = "127.0.0.1"
			server.port = $PORT
			server.errorlog = "$LOGS/web.log"
			server.upload-dirs = ( "$DIR/web/tmp" )
			server.max-keep-alive-requests = 10000
			# As in the file that Debian and Ubuntu install.
			server.http-parseopts = (
				"header-strict" => "enable",
				"host-strict" => "enable",
				"host-normalize" => "enable",
				"url-normalize-unreserved" => "enable",
				"url-normalize-required" => "enable",
				"url-ctrls-reject" => "enable",
				"url-path-2f-decode" => "enable",
				"url-path-dotseg-remove" => "enable",
			)
			server.modules += ( "mod_fastcgi", "mod_setenv" )
			include "$site"
		END
		# The last of two conditions that hold decides.
		[ -z "$WEB_INCLUDE" ] || say "include \"$WEB_INCLUDE\""
		[ "$TLS" = 0 ] || web_lighttpd_tls
	} >"$DIR/web/lighttpd.conf"
	WEB_COMMAND=("$(find_program lighttpd)" -D -f "$DIR/web/lighttpd.conf")
	WEB_CHECK=("${WEB_COMMAND[0]}" -tt -f "$DIR/web/lighttpd.conf")
}

web_lighttpd_tls() {
	sed -e "s|^\(var.tallystick_listen *= *\).*|\1\"127.0.0.1:$PORT\"|" \
		-e "s|^\(var.tallystick_certificate *= *\).*|\1\"$DIR/web/tls.crt\"|" \
		-e "s|^\(var.tallystick_private_key *= *\).*|\1\"$DIR/web/tls.key\"|" \
		"$TOP/conf/lighttpd/tallystick-tls.conf"
}

# ---- Apache ---------------------------------------------------------------

web_apache_modules() {
	local folder name
	for folder in /usr/lib/apache2/modules /usr/lib64/httpd/modules \
		/usr/libexec/apache2; do
		[ ! -e "$folder/mod_proxy_fcgi.so" ] || break
	done
	for name in mpm_event unixd authz_core env headers alias filter deflate reqtimeout \
		rewrite proxy proxy_fcgi fcgid socache_shmcb ssl; do
		case $APACHE_MODULE:$TLS:$name in
		proxy_fcgi:*:fcgid | fcgid:*:proxy*) continue ;;
		*:0:ssl | *:0:socache_shmcb) continue ;;
		esac
		# Some distributions build one or the other in.
		say "<IfModule !mod_$name.c>"
		say "LoadModule ${name}_module $folder/mod_$name.so"
		say "</IfModule>"
	done
}

web_write_apache() {
	local site=tallystick.conf
	[ "$APACHE_MODULE" != fcgid ] || site=tallystick-fcgid.conf
	{
		cat <<-END
			# Written by examples/stack at every start.
			ServerRoot "$DIR/web"
			ServerName localhost
			DefaultRuntimeDir "$DIR/web"
			PidFile "$DIR/web/apache.pid"
			Listen 127.0.0.1:$PORT
			ErrorLog "$LOGS/web.log"
			DocumentRoot "$RUN/htdocs"
		END
		web_apache_modules
		! is_root || printf 'User %s\nGroup %s\n' \
			"$WEB_USER" "$(id -gn "$WEB_USER")"
		cat <<-END
			StartServers 1
			ServerLimit 4
			ThreadsPerChild 64
			MaxRequestWorkers 256
			MaxKeepAliveRequests 10000
			<Directory />
				Require all denied
			</Directory>
			<Directory "$RUN/htdocs">
				Require all granted
			</Directory>
			# As an operator may have it; the site must not be changed by it.
			SetOutputFilter DEFLATE
			Define TALLYSTICK_MOUNT "$MOUNT"
			Define TALLYSTICK_SOCKET "$FCGI_SOCKET"
			Define TALLYSTICK_LISTS "$LISTS"
			Define TALLYSTICK_MAX_AGE "$MAX_AGE"
		END
		"web_apache_$APACHE_MODULE"
		# The first of two ProxyPass that match decides.
		[ -z "$WEB_INCLUDE" ] || say "Include \"$WEB_INCLUDE\""
		say "Include \"$TOP/conf/apache/$site\""
		[ "$TLS" = 0 ] || web_apache_tls
	} >"$DIR/web/apache.conf"
	WEB_COMMAND=("$(find_program apache2 httpd)" -f "$DIR/web/apache.conf"
		-DFOREGROUND)
	WEB_CHECK=("${WEB_COMMAND[0]}" -f "$DIR/web/apache.conf" -t)
}

web_apache_tls() {
	cat <<-END
		Define TALLYSTICK_LISTEN 127.0.0.1:$PORT
		Define TALLYSTICK_CERTIFICATE "$DIR/web/tls.crt"
		Define TALLYSTICK_PRIVATE_KEY "$DIR/web/tls.key"
		Include "$TOP/conf/apache/tallystick-tls.conf"
	END
}

web_apache_proxy_fcgi() {
	:
}

# mod_fcgid's processes belong to Apache's user, who may be unable to enter
# the checkout of the user (root) that runs this: what they need is copied to
# where the sockets are.
web_apache_fcgid() {
	local at=$RUN/fcgid
	web_make_fcgid_folder "$at"
	cat <<-END
		Define TALLYSTICK_PROGRAM "$at/tallystick"
		Define TALLYSTICK_CONF "$at/tallystick.conf"
		Define TALLYSTICK_PROCESSES $PROCESSES
		FcgidIPCDir "$at/ipc"
		FcgidProcessTableFile "$at/shm"
	END
}

web_make_fcgid_folder() {
	local file owner=()
	! is_root || owner=(-o "$WEB_USER")
	rm -rf "$1"
	install -d -m 700 "${owner[@]}" "$1" "$1/ipc"
	install -m 700 "${owner[@]}" "$TALLYSTICK" "$1/tallystick"
	for file in db.password wrap.key; do
		install -m 600 "${owner[@]}" "$DIR/$file" "$1/$file"
	done
	conf_write "$1/tallystick.conf" "$1" "$1/tallystick.log"
	touch "$LOGS/tallystick.log"
	cat "$LOGS/tallystick.log" >"$1/tallystick.log"
	ln -sfn "$1/tallystick.log" "$LOGS/tallystick.log"
	! is_root || chown "$WEB_USER" "$1/tallystick.log" "$1/tallystick.conf"
	! is_root || chown "$WEB_USER" "$REDIS_SOCKET"
}

# ---- start and stop -------------------------------------------------------

web_write() {
	mkdir -p "$DIR/web/tmp"
	mkdir -p "$RUN/htdocs"
	web_make_certificate
	"web_write_$SERVER"
	step "the check of the web server's configuration" "${WEB_CHECK[@]}"
}

# Both say so once they have their port. (Somebody answers there? That may be
# whoever has taken it.)
web_listens() {
	if grep -q 'server started\|resuming normal operations' "$LOGS/web.log"; then
		return 0
	fi
	proc_alive web || return 2
	return 1
}

# web_start: 1 when the port is taken.
web_start() {
	! proc_alive web || return 0
	web_write
	log_keep "$LOGS/web.log"
	rm -f "$DIR/web/apache.pid"
	proc_start web "$LOGS/web.log" "${WEB_COMMAND[@]}"
	wait_for 20 web_listens && return 0
	if grep -qi 'address already in use\|could not bind' "$LOGS/web.log"; then
		return 1
	fi
	show_log "$LOGS/web.log"
	die "$SERVER did not start"
}

# Apache ends mod_fcgid's processes, unless it was killed itself.
web_stop() {
	local pid
	proc_stop web 20
	for pid in $(web_fcgid_pids); do
		kill -s KILL "$pid" 2>/dev/null || true
	done
}

# The processes that Apache starts for mod_fcgid are in no record: they are
# the ones that run the copy made for them.
web_fcgid_pids() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		exe=${exe%/exe}
		[ "$(readlink "$exe/exe" 2>/dev/null)" != "$RUN/fcgid/tallystick" ] ||
			say "${exe#/proc/}"
	done
}

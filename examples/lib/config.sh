# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# tallystick.conf of a stack, from defaults and --set section.key=value. What
# stands in front of the last dot is the section, as in pool.tests.size.
# A directive given twice is an error for the program, so that every value is
# kept under its name and a later one replaces an earlier one.

declare -A CONF
CONF_ORDER=()

# conf_set section.key value
conf_set() {
	[ -n "${CONF[$1]+set}" ] || CONF_ORDER+=("$1")
	CONF[$1]=$2
}

# conf_override "section.key=value": an empty value takes the directive out.
conf_override() {
	local name=${1%%=*} value=${1#*=}
	[[ $1 == *=* && $name =~ ^[a-z][a-z0-9_-]*\.[a-z][a-z0-9_.-]*$ ]] ||
		die "--set $1: expected section.key=value"
	[[ $value != *$'\n'* ]] || die "--set $name: the value has a line break"
	if [ -n "$value" ]; then
		conf_set "$name" "$value"
	else
		CONF[$name]=
	fi
}

# conf_defaults FOLDER LOG: FOLDER holds the program's secret files.
conf_defaults() {
	conf_set server.issuer "$URL"
	conf_set server.threads "$THREADS"
	conf_set database.socket "$DB_SOCKET"
	conf_set database.name tallystick
	conf_set database.user tallystick
	conf_set database.password-file "$1/db.password"
	conf_set redis.socket "$REDIS_SOCKET"
	conf_set keys.wrap-key-file "$1/wrap.key"
	conf_set log.target "$2"
	conf_set log.level notice
	conf_set status.directory "$LISTS"
	conf_set pool.tests.size 50000
	conf_set pool.tests.bits 1
	conf_set pool.tests.api-keys "demo:$(status_key_digest)"
	conf_set pool.tests.precreation-lists 1
	conf_set pool.tests.prefetch-threshold 1000
	conf_set pool.tests.prefetch-capacity 10000
	conf_set pool.tests.prefetch-on-underflow delay
	conf_set pool.tests.publish immediate
}

# Pools that --set makes have the same API key, unless it says otherwise; that of
# access tokens may have none.
conf_pool_keys() {
	local name section
	for name in "${CONF_ORDER[@]}"; do
		section=${name%.*}
		[[ $section == pool.* ]] || continue
		[ "$section" != "pool.${CONF[tokens.status-pool]:-tokens}" ] || continue
		[ -n "${CONF[$section.api-keys]+set}" ] ||
			conf_set "$section.api-keys" "demo:$(status_key_digest)"
	done
}

# Without Redis there are no pools but those that --set asks for.
conf_without_redis() {
	local name kept=()
	[ -z "${CONF[redis.socket]}${CONF[redis.host]:-}" ] || return 0
	for name in "${CONF_ORDER[@]}"; do
		if [[ $name == pool.tests.* && " ${SETS[*]} " != *" $name="* ]]; then
			unset "CONF[$name]"
		else
			kept+=("$name")
		fi
	done
	CONF_ORDER=("${kept[@]}")
}

# The API key of the pools of status lists: the program knows its SHA-256.
status_key_digest() {
	openssl dgst -sha256 -r "$DIR/status.key" | cut -d ' ' -f 1
}

# conf_max_age: the shortest ttl of a pool, in seconds.
conf_max_age() {
	local name value least=300
	for name in "${!CONF[@]}"; do
		[[ $name == pool.*.ttl ]] || continue
		value=${CONF[$name]}
		case $value in
		*d) value=$((${value%d} * 86400)) ;;
		*h) value=$((${value%h} * 3600)) ;;
		*m) value=$((${value%m} * 60)) ;;
		*s) value=${value%s} ;;
		esac
		[ -z "$value" ] || [ "$value" -ge "$least" ] || least=$value
	done
	say "$least"
}

# conf_print: section by section, in the order of their first directive.
conf_print() {
	local name section sections=()
	for name in "${CONF_ORDER[@]}"; do
		section=${name%.*}
		[[ " ${sections[*]} " == *" $section "* ]] || sections+=("$section")
	done
	say "# Written by examples/stack at every up: change it with --set."
	for section in "${sections[@]}"; do
		printf '\n[%s]\n' "$section"
		for name in "${CONF_ORDER[@]}"; do
			[ "${name%.*}" = "$section" ] && [ -n "${CONF[$name]}" ] &&
				printf '%s = %s\n' "${name##*.}" "${CONF[$name]}"
		done
	done
	return 0
}

# conf_write FILE FOLDER LOG
conf_write() {
	local override
	CONF=()
	CONF_ORDER=()
	conf_defaults "$2" "$3"
	for override in "${SETS[@]}"; do
		conf_override "$override"
	done
	conf_without_redis
	conf_pool_keys
	ISSUER=${CONF[server.issuer]}
	MOUNT=${CONF[server.mount]:-$(sed 's|^[a-z]*://[^/]*||' <<<"$ISSUER")}
	MOUNT=${MOUNT%/}/	# as the sites in conf/ want it
	MAX_AGE=$(conf_max_age)
	conf_print >"$1.new"
	mv -f "$1.new" "$1"
}

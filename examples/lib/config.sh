# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# tallystick.conf of a stack, from defaults and --set section.key=value.
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
}

# conf_print: section by section, in the order of their first directive.
conf_print() {
	local name section sections=()
	for name in "${CONF_ORDER[@]}"; do
		section=${name%%.*}
		[[ " ${sections[*]} " == *" $section "* ]] || sections+=("$section")
	done
	say "# Written by examples/stack at every up: change it with --set."
	for section in "${sections[@]}"; do
		printf '\n[%s]\n' "$section"
		for name in "${CONF_ORDER[@]}"; do
			[ "${name%%.*}" = "$section" ] && [ -n "${CONF[$name]}" ] &&
				printf '%s = %s\n' "${name#*.}" "${CONF[$name]}"
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
	ISSUER=${CONF[server.issuer]}
	conf_print >"$1.new"
	mv -f "$1.new" "$1"
}

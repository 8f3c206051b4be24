#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Published status lists through each web server: as plain files and by the
# service, which must be the same; how they are negotiated and cached; and that
# others, with libraries that are not ours, read them and see a revocation.
# shellcheck disable=SC2119,SC2317 # optional arguments; called by ok and wait_until
# shellcheck source=tests/it/lib.sh
. "${TALLY_SRCDIR:?}/tests/it/lib.sh"
# shellcheck source=tests/it/lib-stack.sh
. "$TALLY_SRCDIR/tests/it/lib-stack.sh"
# shellcheck source=tests/it/lib-node.sh
. "$TALLY_SRCDIR/tests/it/lib-node.sh"

for tool in jq python3 openssl; do
	command -v "$tool" >/dev/null || missing_all "$tool is there" "$tool"
done
JWT=application/statuslist+jwt
CWT=application/statuslist+cwt
node_find lists.js

# ---- the service -----------------------------------------------------------

# pool_request METHOD PATH [CURL ARGUMENT...]: with the pool's key; prints the status.
pool_request() {
	local method=$1 path=$2
	shift 2
	printf 'header = "X-Api-Key: %s"\n' "$TALLYSTICK_STATUS_API_KEY" |
		fetch "$path" --config - -X "$method" "$@"
}

# new_reference: sets URI and INDEX, LIST, the path of the list, and NAME, its name.
new_reference() {
	[ "$(pool_request POST "$MOUNT/pools/$TALLYSTICK_STATUS_POOL/new-references" -d '')" = 200 ] ||
		return
	URI=$(body '.references[0].uri')
	INDEX=$(body '.references[0].index')
	LIST=${URI#"$TALLYSTICK_URL"}
	NAME=${LIST##*/}
}

# set_status VALUE: of the reference; prints the status of the answer.
set_status() {
	pool_request PATCH "${LIST%/*}/update" -H 'Content-Type: application/json' \
		-d "{\"uri\":\"$URI\",\"index\":$INDEX,\"value\":$1}"
}

files_are_here() {
	local form
	for form in jwt jwt.gz cwt; do
		[ -s "$TALLYSTICK_STATUS_DIRECTORY/$form/$NAME" ] || return
	done
}

# move_files FROM TO: the service keeps the list, the web server's file goes. One of
# this name is written only when the list is signed anew.
move_files() {
	local form
	for form in jwt jwt.gz cwt; do
		mkdir -p "$2/$form"
		mv "$1/$form/$NAME" "$2/$form/" || return
	done
}

# ---- the table -------------------------------------------------------------

# What may depend on who answers: how an entity tag is made, and for how long the
# list is good, which is looked at below.
shape() {
	tr -d '\r' <"$TEST_TMP/head" | tail -n +2 | sed -E 's/^([^:]*): */\L\1: /; s/, +/,/g' |
		grep -E '^(content-type|content-encoding|content-length|content-range|vary|allow|x-content|access-control-)' |
		sort
}

# row NAME STATUS TYPE CODING [CURL ARGUMENT...]: what comes for the list; TYPE and
# CODING may be -.
row() {
	local name=$1 status=$2 type=$3 coding=$4 got
	shift 4
	got=$(fetch "$LIST$SUFFIX" --path-as-is "$@")
	[[ " $* " != *" -I "* ]] || : >"$TEST_TMP/body" # where curl repeats the headers
	{
		echo "$got"
		shape
		sha256sum <"$TEST_TMP/body"
	} >"$FOLDER/${name// /_}"
	got="$got $(header content-type) $(header content-encoding)"
	[ "$type" != - ] || got="${got%% *} - ${got##* }"
	is "$HOW: $name" "$got" "$status $type ${coding#-}"
	[ "$status" != 200 ] || good_for
}

# A cache may keep a list for as long as its ttl, but never beyond exp.
good_for() {
	local age left
	age=$(header cache-control | sed -n 's/.*max-age=\([0-9]*\).*/\1/p')
	left=$((EXP - $(date +%s)))
	[ "${age:-$((TTL + 1))}" -le "$((TTL < left ? TTL : left))" ] ||
		fail "$HOW: max-age" "got \"$(header cache-control)\", wanted at most $TTL and $left"
}

table() {
	HOW=$1
	FOLDER=$TEST_TMP/$1
	mkdir -p "$FOLDER"
	SUFFIX=
	row "no Accept" 200 $JWT - -H Accept:
	row "empty Accept" 200 $JWT - -H 'Accept;'
	row "anything" 200 $JWT - -H 'Accept: */*'
	row "JWT" 200 $JWT - -H "Accept: $JWT"
	row "CWT" 200 $CWT - -H "Accept: $CWT"
	row "both, the first of equals is ours to choose" 200 $JWT - -H "Accept: $CWT, $JWT"
	row "two headers" 200 $JWT - -H "Accept: $CWT" -H "Accept: $JWT"
	row "CWT rather than JWT" 200 $CWT - -H "Accept: $JWT;q=0.5, $CWT"
	row "JWT rather than CWT" 200 $JWT - -H "Accept: $CWT;q=0.5,$JWT;q=0.9"
	row "any but JWT" 200 $CWT - -H "Accept: $JWT;q=0, */*;q=0.1"
	row "application/*" 200 $JWT - -H 'Accept: application/*'
	row "a browser" 200 $JWT - -H 'Accept: text/html,application/xml;q=0.9,*/*;q=0.8'
	row "another case" 200 $CWT - -H 'Accept: Application/StatusList+CWT'
	row "another type" 406 application/json - -H 'Accept: text/html'
	row "nothing of ours" 406 application/json - -H "Accept: $JWT;q=0, $CWT;q=0"
	row "malformed, which says nothing" 200 $JWT - -H 'Accept: ;;q='
	row "gzip" 200 $JWT gzip -H 'Accept-Encoding: gzip'
	row "gzip among others" 200 $JWT gzip -H 'Accept-Encoding: deflate, gzip,br'
	row "gzip with quality" 200 $JWT gzip -H 'Accept-Encoding: gzip;q=0.3'
	row "any coding" 200 $JWT gzip -H 'Accept-Encoding: *'
	row "no gzip" 200 $JWT - -H 'Accept-Encoding: gzip;q=0'
	row "any coding but gzip" 200 $JWT - -H 'Accept-Encoding: gzip;q=0, *'
	row "other codings" 200 $JWT - -H 'Accept-Encoding: br, xgzip'
	row "identity" 200 $JWT - -H 'Accept-Encoding: identity'
	row "CWT has no coding" 200 $CWT - -H "Accept: $CWT" -H 'Accept-Encoding: gzip'
	row "HEAD" 200 $JWT - -I
	row "HEAD, CWT" 200 $CWT - -I -H "Accept: $CWT"
	row "HEAD, gzip" 200 $JWT gzip -I -H 'Accept-Encoding: gzip'
	row "a part is the whole" 200 $JWT - -H 'Range: bytes=0-9'
	row "POST" 405 application/json - -d a=b
	row "DELETE" 405 application/json - -X DELETE
	row "PATCH" 405 application/json - -X PATCH -d '{}'
	SUFFIX='?time=1700000000' row "the past" 501 application/json -
	SUFFIX='?time=soon' row "a time that is none" 400 application/json -
	SUFFIX='?other=1' row "another query" 200 $JWT -
	conditional
}

# By an entity tag, of this form and coding alone, or by a date.
conditional() {
	local etag other date
	fetch "$LIST" -H 'Accept-Encoding: gzip' >/dev/null
	other=$(header etag)
	fetch "$LIST" >/dev/null
	etag=$(header etag)
	date=$(header last-modified)
	like "$HOW: it has an entity tag" "$etag" '^"[^"]+"$'
	isnt "$HOW: another one than its gzip" "$etag" "$other"
	like "$HOW: it has a date" "$date" ' GMT$'
	is "$HOW: not modified, by entity tag" "$(fetch "$LIST" -H "If-None-Match: $etag")" 304
	is "$HOW: without a body" "$(cat "$TEST_TMP/body")" ""
	is "$HOW: the same entity tag" "$(header etag)" "$etag"
	like "$HOW: to be kept as before" "$(header cache-control)" '^public, max-age=[0-9]+$'
	is "$HOW: varying as before" "$(header vary | tr -d ' ')" Accept,Accept-Encoding
	is "$HOW: weak, in a list" "$(fetch "$LIST" -H "If-None-Match: \"x\", W/$etag")" 304
	is "$HOW: of the other coding" "$(fetch "$LIST" -H "If-None-Match: $other")" 200
	is "$HOW: not modified, by date" "$(fetch "$LIST" -H "If-Modified-Since: $date")" 304
	is "$HOW: an old date" \
		"$(fetch "$LIST" -H 'If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT')" 200
	is "$HOW: the entity tag counts, not the date" \
		"$(fetch "$LIST" -H "If-Modified-Since: $date" -H 'If-None-Match: "x"')" 200
}

# One with the files, one without, and no difference.
same() {
	local name=$1 file
	for file in "$TEST_TMP/$name, static"/*; do
		ok "$name: the same by the service: ${file##*/}" \
			diff "$file" "$TEST_TMP/$name, by the service/${file##*/}"
	done
}

# ---- paths -----------------------------------------------------------------

# A path that is another one never gets at anything. (lighttpd puts some of them right
# before it looks, as for every file: then it may be the list.)
tricks() {
	local name=$1 path got
	fetch "$LIST" >/dev/null
	cp "$TEST_TMP/body" "$TEST_TMP/list"
	while read -r path; do
		got=$(fetch "/$path" --path-as-is)
		if [ "$got" = 200 ] && [ "$TALLYSTICK_SERVER" = lighttpd ]; then
			ok "$name: $path is the list" cmp "$TEST_TMP/body" "$TEST_TMP/list"
		else
			like "$name: $path" "$got" '^4..$'
		fi
		unlike "$name: $path tells nothing" "$(tr -d '\0' <"$TEST_TMP/body")" 'root:|\.\./'
	done <<-END
		status-lists
		status-lists/
		status-lists/.
		status-lists/..
		status-lists/$NAME/
		status-lists/$NAME.jwt
		status-lists/$NAME.jwt.gz
		status-lists/$NAME.cwt
		status-lists/jwt/$NAME
		status-lists/../jwt/$NAME
		status-lists/%2e%2e/jwt/$NAME
		status-lists/..%2f..%2f..%2fetc%2fpasswd
		status-lists/../../../../../etc/passwd
		status-lists/..\\\\..\\\\etc
		status-lists//$NAME
		status-lists/./$NAME
		status-lists/x/../$NAME
		status-lists/${NAME%?}%6${NAME: -1}
		status-lists/${NAME^^}
		status-lists/$NAME%00
		status-lists/$NAME%00.jwt
		status-lists/$NAME%20
		status-lists/$NAME%0a
		status-lists/$NAME%3f
		status-lists/$NAME%23
		status-lists/${NAME}0
		status-lists/${NAME%-*}
		status-lists/$(printf 'a%.0s' {1..300})
		status-lists/.lock
		status-lists/.$NAME
	END
}

# ---- through each web server ------------------------------------------------

list_claims() {
	fetch "$LIST" >/dev/null
	python3 -c '
import base64, json, sys
part = open(sys.argv[1]).read().split(".")[1]
print(json.dumps(json.loads(base64.urlsafe_b64decode(part + "=="))))' "$TEST_TMP/body"
}

ttl_is() {
	[ "$(list_claims | jq .ttl)" = "$1" ]
}

# without_pool NAME: files need nobody; what is not simply a file needs the pool.
without_pool() {
	stack stop pool >/dev/null
	is "$1: a list while no process runs" "$(fetch "$LIST")" 200
	is "$1: as a CWT" "$(fetch "$LIST" -H "Accept: $CWT")" 200
	is "$1: as gzip" "$(fetch "$LIST" -H 'Accept-Encoding: gzip')" 200
	is "$1: what is to be negotiated" "$(fetch "$LIST" -H "Accept: $JWT;q=1")" 503
	unlike "$1: is kept by no cache" "$(header cache-control)" max-age=[1-9]
	stack start pool >/dev/null
	ok "$1: it is back" stack wait
}

through() {
	local name=$1
	shift
	up "$name: the stack is up" --set pool.tests.ttl=200s "$@"
	MOUNT='' new_reference
	is "$name: a reference" "$?" 0 || return
	ok "$name: its list's files are there" wait_until 10 files_are_here
	# It may be there from before, with another ttl, and is then signed anew.
	ok "$name: the list's ttl is what it is to be" wait_until 15 ttl_is 200
	TTL=200
	EXP=$(list_claims | jq .exp)
	sleep 2 # its date is good for a 304 then
	table "$name, static"
	tricks "$name, static"
	move_files "$TALLYSTICK_STATUS_DIRECTORY" "$TEST_TMP/away" ||
		fail "$name: the files can be moved"
	table "$name, by the service"
	tricks "$name, by the service"
	move_files "$TEST_TMP/away" "$TALLYSTICK_STATUS_DIRECTORY"
	same "$name"
	case $name in *fcgid*) ;; *) without_pool "$name" ;; esac
	is "$name: no such list" "$(fetch "${LIST%?????}00000")" 404
	is "$name: nor as gzip" \
		"$(fetch "${LIST%?????}00000" -H 'Accept-Encoding: gzip') $(header content-encoding)" "404 "
	unlike "$name: which no cache keeps" "$(header cache-control)" max-age=[1-9]
	judges "$name" tests 1
	clients "$name"
}

# judges NAME POOL BITS [TRUSTED.pem]
judges() {
	local name=$1
	shift
	# shellcheck disable=SC2031 # for node alone
	NODE_EXTRA_CA_CERTS=${TALLYSTICK_CA_FILE:-} node_check "$name" \
		"@sd-jwt, @auth0/cose and jose accept the lists of $1" "$TALLYSTICK_ISSUER" "$1" \
		"$TALLYSTICK_STATUS_API_KEY" "${@:2}"
}

# ---- the small clients ------------------------------------------------------

# make_token: a token of somebody else's that refers to the reference.
make_token() {
	jq -nc --arg uri "$URI" --argjson idx "$INDEX" --argjson now "$(date +%s)" \
		'{iss: "https://credentials.example", sub: "card", iat: $now, exp: ($now + 3600),
		  status: {status_list: {idx: $idx, uri: $uri}}}' |
		jose jws sig -I - -c -k "$TEST_TMP/issuer.jwk" -s '{"protected":{"kid":"cards"}}' \
			-o "$TEST_TMP/token"
}

# says REGEX COMMAND...
says() {
	local regex=$1 out
	shift
	out=$("$@" 2>&1 </dev/null)
	[[ $out =~ $regex ]] || { printf '%s\n' "$out" && return 1; }
}

# check_with NAME COMMAND...: with a file of keys, and a token.
check_with() {
	local name=$1
	shift
	MOUNT='' new_reference && make_token
	is "$name: a token with a reference" "$?" 0 || return
	ok "$name says VALID" says '(^|[^N])VALID' "$@" "$TEST_TMP/keys" "$(cat "$TEST_TMP/token")"
	is "$name: the token is revoked" "$(set_status 1)" 204
	ok "$name says INVALID" wait_until 10 says INVALID "$@" "$TEST_TMP/keys" "$(cat "$TEST_TMP/token")"
}

clients() {
	local folder=$TALLY_SRCDIR/examples/clients
	command -v jose >/dev/null || { missing "$1: the clients" "jose" && return; }
	jose jwk gen -i '{"alg":"ES256","kid":"cards"}' -o "$TEST_TMP/issuer.jwk"
	fetch /oauth2/jwks >/dev/null
	jose jwk pub -i "$TEST_TMP/issuer.jwk" | jq -c --slurpfile ours "$TEST_TMP/body" \
		'{keys: ($ours[0].keys + [.])}' >"$TEST_TMP/keys"
	check_with "$1: status-check.sh" "$folder/status-check.sh"
	check_with "$1: status-check.py" python3 -B "$folder/status-check.py"
	# It takes its packages from where it lies.
	[ ${#NODE[@]} = 0 ] || {
		cp "$folder/status-check.js" "$TEST_TMP"
		check_with "$1: status-check.js" "${NODE[@]:0:${#NODE[@]}-1}" "$TEST_TMP/status-check.js"
	}
	check_with "$1: tallystick status check" check_by_program
}

check_by_program() {
	"$PROGRAM" status check --jwks "$1" "$2"
}

# ---- other ways to sign, and to be reached ----------------------------------

# A key with certificates, below an authority, and one that is known by its kid alone.
make_keys() {
	(
		cd "$TEST_TMP" || exit
		ec=(ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
		openssl req -x509 -newkey "${ec[@]}" -days 2 -subj "/CN=root" -keyout root.key -out root.pem &&
			openssl req -newkey "${ec[@]}" -subj "/CN=lists" -keyout lists.key -out lists.csr &&
			openssl x509 -req -days 2 -in lists.csr -CA root.pem -CAkey root.key -CAcreateserial \
				-extfile <(echo keyUsage=critical,digitalSignature) -out lists.pem &&
			openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out known.key &&
			openssl pkey -in known.key -pubout -out known.pem
	)
}

# through_keys NAME [OPTION...]: pools that sign with keys of their own.
through_keys() {
	local name=$1
	shift
	up "$name: pools with keys of their own" "$@" \
		--set pool.cards.bits=2 --set pool.cards.size=80000 --set pool.cards.publish=immediate \
		--set "pool.cards.key-uri=file:$TEST_TMP/lists.key" \
		--set pool.cards.algorithm=ES256 --set "pool.cards.certificates=$TEST_TMP/lists.pem" \
		--set pool.known.bits=8 --set pool.known.size=1000 --set pool.known.publish=immediate \
		--set "pool.known.key-uri=file:$TEST_TMP/known.key" \
		--set pool.known.algorithm=ES256 --set pool.known.kid=our-lists
	judges "$name, x5c" cards 2 "$TEST_TMP/root.pem"
	judges "$name, kid" known 8 "$TEST_TMP/known.pem"
}

# by_files NAME PATH: the list without a process, and a path that is not ours.
by_files() {
	ok "$1: files are there" wait_until 10 files_are_here
	stack stop pool >/dev/null
	is "$1: a list while no process runs" "$(fetch "$2")" 200
	is "$1: as gzip" "$(fetch "$2" -H 'Accept-Encoding: gzip') $(header content-encoding)" "200 gzip"
	is "$1: as a CWT" "$(fetch "$2" -H "Accept: $CWT") $(header content-type)" "200 $CWT"
	stack start pool >/dev/null
	ok "$1: it is back" stack wait
	is "$1: what is to be negotiated" "$(fetch "$2" -H "Accept: $CWT;q=1") $(header content-type)" \
		"200 $CWT"
}

# through_mount NAME [OPTION...]: behind a path.
through_mount() {
	local name=$1
	shift
	up "$name: behind a path" --set server.mount=/auth "$@"
	MOUNT=/auth new_reference
	is "$name: a reference" "$?" 0 || return
	by_files "$name" "/auth$LIST"
	is "$name: not without the path" "$(fetch "$LIST")" 404
}

through_tls() {
	local name=$1
	shift
	up "$name: with TLS" --tls "$@"
	MOUNT='' new_reference
	is "$name: a reference" "$?" 0 || return
	by_files "$name" "$LIST"
	judges "$name" tests 1
}

make_keys >"$TEST_TMP/openssl.log" 2>&1 || bail "keys are made" "$(cat "$TEST_TMP/openssl.log")"
through lighttpd
through_keys lighttpd
through_mount lighttpd
if have_server "through Apache" apache2; then
	through apache --server apache
	through_mount apache --server apache
	through_tls apache --server apache
	! have_fcgid "through mod_fcgid" ||
		through fcgid --server apache --apache-module fcgid --threads 1
fi
no_reports
done_testing

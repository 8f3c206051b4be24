# SPDX-License-Identifier: Apache-2.0
# Turns NAME.lua into C: the script TALLY_REDIS_NAME of store/redis/script.h, without
# its comments. A file part_NAME.lua is no script; it takes the place of the line
# "--include part_NAME.lua" in those that come after it.

function fail(text)
{
	print FILENAME ":" FNR ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

BEGIN {
	print "/* Made from core/store/redis/lua by its embed.awk. */"
	print "#include \"config.h\"\n"
	print "#include \"store/redis/script.h\"\n"
}

FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.lua$/, "", name)
	is_part = name ~ /^part_/
	if (!is_part)
		names[++count] = name
}

/^--include / {
	part = $2
	sub(/\.lua$/, "", part)
	if (!(part in texts))
		fail("there is no " $2 " before this file")
	texts[name] = texts[name] texts[part]
	next
}

/^[ \t]*--/ || /^[ \t]*$/ { next }

{
	line = $0
	sub(/^[ \t]+/, "", line)
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	texts[name] = texts[name] "\t\"" line "\\n\"\n"
}

END {
	if (failed)
		exit 1
	for (i = 1; i <= count; i++)
		printf "static const char %s[] =\n%s\t;\n\n", names[i], texts[names[i]]
	print "const struct tally_span tally_redis_scripts[TALLY_REDIS_SCRIPT_COUNT] = {"
	for (i = 1; i <= count; i++)
		printf "\t[TALLY_REDIS_%s] = { %s, sizeof(%s) - 1 },\n", toupper(names[i]), names[i], names[i]
	print "};"
}

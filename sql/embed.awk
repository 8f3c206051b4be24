# SPDX-License-Identifier: Apache-2.0
# Turns migrations/NNNN_name.sql into C: one string per statement, so that the
# program need not take SQL apart. A statement ends with ';' at the end of a line;
# a line that begins with '--' is a comment.
#
# The form of store/mysql/migration.h.

function fail(text)
{
	print FILENAME ":" FNR ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

function begin_file(    parts)
{
	if (open)
		fail("the file before this one ends within a statement")
	if (files > 0)
		print "\tNULL\n};\n"
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.sql$/, "", name)
	if (name !~ /^[0-9][0-9][0-9][0-9]_[a-z0-9_]+$/)
		fail("a migration is named NNNN_what.sql")
	files++
	if (substr(name, 1, 4) + 0 != files)
		fail("number " files " is missing: migrations are numbered without a gap")
	names[files] = name
	printf "static const char *const statements_%d[] = {\n", files
}

BEGIN {
	print "/* Made from sql/migrations by sql/embed.awk. */"
	print "#include \"config.h\"\n"
	print "#include \"store/mysql/migration.h\"\n"
	print "#include <stddef.h>\n"
}

FNR == 1 { begin_file() }

/^--/ || /^[ \t]*$/ { next }

{
	line = $0
	last = sub(/;[ \t]*$/, "", line)
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	gsub(/\t/, " ", line)
	printf "\t\"%s%s\"%s\n", line, last ? "" : "\\n", last ? "," : ""
	open = !last
}

END {
	if (failed)
		exit 1
	if (files == 0 || open)
		fail(files ? "the last statement has no end" : "there are no migrations")
	print "\tNULL\n};\n"
	print "const struct tally_migration tally_migrations[] = {"
	for (i = 1; i <= files; i++)
		printf "\t{ %d, \"%s\", statements_%d },\n", i, names[i], i
	print "};\n"
	printf "const unsigned int tally_migration_count = %d;\n", files
}

#!/bin/sh
# Makes ./configure. Needs autoconf >= 2.69, automake >= 1.16 and pkg-config.
set -eu
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --force ${1+"$@"}

libtally_a_SOURCES +=

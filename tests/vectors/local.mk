EXTRA_DIST += tests/vectors/README.md tests/vectors/jws tests/vectors/keys tests/vectors/certificates tests/vectors/status

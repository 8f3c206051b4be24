# A module's test is tests/unit/test_<module>.c and three lines here.
unit_libs = libfake.a libtally.a $(CMOCKA_LIBS) $(CORE_LIBS)
unit_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)

check_PROGRAMS += tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CPPFLAGS = $(unit_cppflags)
tests_unit_test_base_LDADD = $(unit_libs)

TESTS += tests/unit/test_base

check_PROGRAMS += tests/unit/test_form
tests_unit_test_form_SOURCES = tests/unit/test_form.c
tests_unit_test_form_CPPFLAGS = $(unit_cppflags)
tests_unit_test_form_LDADD = $(unit_libs)
TESTS += tests/unit/test_form

check_PROGRAMS += tests/unit/test_gather
tests_unit_test_gather_SOURCES = tests/unit/test_gather.c
tests_unit_test_gather_CPPFLAGS = $(unit_cppflags)
tests_unit_test_gather_LDADD = $(unit_libs)
TESTS += tests/unit/test_gather

check_PROGRAMS += tests/unit/test_basic
tests_unit_test_basic_SOURCES = tests/unit/test_basic.c
tests_unit_test_basic_CPPFLAGS = $(unit_cppflags)
tests_unit_test_basic_LDADD = $(unit_libs)
TESTS += tests/unit/test_basic

check_PROGRAMS += tests/unit/test_json
tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CPPFLAGS = $(unit_cppflags)
tests_unit_test_json_LDADD = $(unit_libs)
TESTS += tests/unit/test_json

check_PROGRAMS += tests/unit/test_crypt_cose
tests_unit_test_crypt_cose_SOURCES = tests/unit/test_crypt_cose.c
tests_unit_test_crypt_cose_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_cose_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_crypt_cose

check_PROGRAMS += tests/unit/test_crypt_chain
tests_unit_test_crypt_chain_SOURCES = tests/unit/test_crypt_chain.c
tests_unit_test_crypt_chain_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_chain_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_crypt_chain

check_PROGRAMS += tests/unit/test_status_format
tests_unit_test_status_format_SOURCES = tests/unit/test_status_format.c
tests_unit_test_status_format_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_format_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_status_format

check_PROGRAMS += tests/unit/test_status_vectors
tests_unit_test_status_vectors_SOURCES = tests/unit/test_status_vectors.c
tests_unit_test_status_vectors_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_vectors_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_status_vectors

check_PROGRAMS += tests/unit/test_status_check
tests_unit_test_status_check_SOURCES = tests/unit/test_status_check.c
tests_unit_test_status_check_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_check_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_status_check

check_PROGRAMS += tests/unit/test_bits
tests_unit_test_bits_SOURCES = tests/unit/test_bits.c
tests_unit_test_bits_CPPFLAGS = $(unit_cppflags)
tests_unit_test_bits_LDADD = $(unit_libs)
TESTS += tests/unit/test_bits

check_PROGRAMS += tests/unit/test_accept
tests_unit_test_accept_SOURCES = tests/unit/test_accept.c
tests_unit_test_accept_CPPFLAGS = $(unit_cppflags)
tests_unit_test_accept_LDADD = $(unit_libs)
TESTS += tests/unit/test_accept

check_PROGRAMS += tests/unit/test_cbor
tests_unit_test_cbor_SOURCES = tests/unit/test_cbor.c
tests_unit_test_cbor_CPPFLAGS = $(unit_cppflags)
tests_unit_test_cbor_LDADD = $(unit_libs)
TESTS += tests/unit/test_cbor

check_PROGRAMS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CPPFLAGS = $(unit_cppflags)
tests_unit_test_log_LDADD = $(unit_libs)
TESTS += tests/unit/test_log

check_PROGRAMS += tests/unit/test_conf
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c tests/unit/logged.c tests/unit/logged.h
tests_unit_test_conf_CPPFLAGS = $(unit_cppflags)
tests_unit_test_conf_LDADD = $(unit_libs)
TESTS += tests/unit/test_conf

check_PROGRAMS += tests/unit/test_scope
tests_unit_test_scope_SOURCES = tests/unit/test_scope.c
tests_unit_test_scope_CPPFLAGS = $(unit_cppflags)
tests_unit_test_scope_LDADD = $(unit_libs)
TESTS += tests/unit/test_scope

check_PROGRAMS += tests/unit/test_key_spki
tests_unit_test_key_spki_SOURCES = tests/unit/test_key_spki.c
tests_unit_test_key_spki_CPPFLAGS = $(unit_cppflags)
tests_unit_test_key_spki_LDADD = $(unit_libs)
TESTS += tests/unit/test_key_spki

check_PROGRAMS += tests/unit/test_keyset
tests_unit_test_keyset_SOURCES = tests/unit/test_keyset.c
tests_unit_test_keyset_CPPFLAGS = $(unit_cppflags)
tests_unit_test_keyset_LDADD = $(unit_libs)
TESTS += tests/unit/test_keyset

check_PROGRAMS += tests/unit/test_params
tests_unit_test_params_SOURCES = tests/unit/test_params.c
tests_unit_test_params_CPPFLAGS = $(unit_cppflags)
tests_unit_test_params_LDADD = $(unit_libs)
TESTS += tests/unit/test_params

check_PROGRAMS += tests/unit/test_service
tests_unit_test_service_SOURCES = tests/unit/test_service.c
tests_unit_test_service_CPPFLAGS = $(unit_cppflags)
tests_unit_test_service_LDADD = $(unit_libs)
TESTS += tests/unit/test_service
check_LIBRARIES += tests/unit/libvectors.a
tests_unit_libvectors_a_SOURCES = tests/unit/vectors.c tests/unit/vectors.h
tests_unit_libvectors_a_CPPFLAGS = $(unit_cppflags)

check_PROGRAMS += tests/unit/test_crypt_key
tests_unit_test_crypt_key_SOURCES = tests/unit/test_crypt_key.c
tests_unit_test_crypt_key_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_key_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_crypt_key

check_PROGRAMS += tests/unit/test_crypt_jws
tests_unit_test_crypt_jws_SOURCES = tests/unit/test_crypt_jws.c tests/unit/jws_fixture.h
tests_unit_test_crypt_jws_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_jws_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_crypt_jws

check_PROGRAMS += tests/unit/test_crypt_jws_bad
tests_unit_test_crypt_jws_bad_SOURCES = tests/unit/test_crypt_jws_bad.c tests/unit/jws_fixture.h
tests_unit_test_crypt_jws_bad_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_jws_bad_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_crypt_jws_bad

check_PROGRAMS += tests/unit/test_crypt_seal
tests_unit_test_crypt_seal_SOURCES = tests/unit/test_crypt_seal.c
tests_unit_test_crypt_seal_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_seal_LDADD = $(unit_libs)
TESTS += tests/unit/test_crypt_seal
check_PROGRAMS += tests/unit/test_cache
tests_unit_test_cache_SOURCES = tests/unit/test_cache.c
tests_unit_test_cache_CPPFLAGS = $(unit_cppflags)
tests_unit_test_cache_LDADD = $(unit_libs)
TESTS += tests/unit/test_cache

# Compares with jose and openssl on the command line; see crypt_oracle.
check_PROGRAMS += tests/unit/crypt_tool
tests_unit_crypt_tool_SOURCES = tests/unit/crypt_tool.c
tests_unit_crypt_tool_LDADD = libtally.a $(CORE_LIBS)
TESTS += tests/unit/crypt_oracle
EXTRA_DIST += tests/unit/crypt_oracle

check_PROGRAMS += tests/unit/test_fake
tests_unit_test_fake_SOURCES = tests/unit/test_fake.c
tests_unit_test_fake_CPPFLAGS = $(unit_cppflags)
tests_unit_test_fake_LDADD = $(unit_libs)
TESTS += tests/unit/test_fake

check_PROGRAMS += tests/unit/test_refresh
tests_unit_test_refresh_SOURCES = tests/unit/test_refresh.c tests/unit/seam.c tests/unit/seam.h
tests_unit_test_refresh_CPPFLAGS = $(unit_cppflags)
tests_unit_test_refresh_LDADD = $(unit_libs)
TESTS += tests/unit/test_refresh

check_PROGRAMS += tests/unit/test_token_check
tests_unit_test_token_check_SOURCES = tests/unit/test_token_check.c tests/unit/seam.c tests/unit/seam.h
tests_unit_test_token_check_CPPFLAGS = $(unit_cppflags)
tests_unit_test_token_check_LDADD = $(unit_libs)
TESTS += tests/unit/test_token_check

check_PROGRAMS += tests/unit/test_token_writer
tests_unit_test_token_writer_SOURCES = tests/unit/test_token_writer.c
tests_unit_test_token_writer_CPPFLAGS = $(unit_cppflags)
tests_unit_test_token_writer_LDADD = $(unit_libs)
TESTS += tests/unit/test_token_writer
check_PROGRAMS += tests/unit/test_password
tests_unit_test_password_SOURCES = tests/unit/test_password.c
tests_unit_test_password_CPPFLAGS = $(unit_cppflags)
tests_unit_test_password_LDADD = $(unit_libs)
TESTS += tests/unit/test_password
check_PROGRAMS += tests/unit/test_sealed
tests_unit_test_sealed_SOURCES = tests/unit/test_sealed.c
tests_unit_test_sealed_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sealed_LDADD = $(unit_libs)
TESTS += tests/unit/test_sealed

check_PROGRAMS += tests/unit/test_revoke
tests_unit_test_revoke_SOURCES = tests/unit/test_revoke.c tests/unit/seam.c tests/unit/seam.h
tests_unit_test_revoke_CPPFLAGS = $(unit_cppflags)
tests_unit_test_revoke_LDADD = $(unit_libs)
TESTS += tests/unit/test_revoke
check_PROGRAMS += tests/unit/test_jwt_bearer
tests_unit_test_jwt_bearer_SOURCES = tests/unit/test_jwt_bearer.c tests/unit/assertions.c tests/unit/assertions.h tests/unit/seam.c tests/unit/seam.h
tests_unit_test_jwt_bearer_CPPFLAGS = $(unit_cppflags)
tests_unit_test_jwt_bearer_LDADD = $(unit_libs)
TESTS += tests/unit/test_jwt_bearer

check_PROGRAMS += tests/unit/test_client_assertion
tests_unit_test_client_assertion_SOURCES = tests/unit/test_client_assertion.c tests/unit/assertions.c tests/unit/assertions.h tests/unit/seam.c tests/unit/seam.h
tests_unit_test_client_assertion_CPPFLAGS = $(unit_cppflags)
tests_unit_test_client_assertion_LDADD = $(unit_libs)
TESTS += tests/unit/test_client_assertion

check_PROGRAMS += tests/unit/test_command
tests_unit_test_command_SOURCES = tests/unit/test_command.c
tests_unit_test_command_CPPFLAGS = $(unit_cppflags)
TESTS += tests/unit/test_command
check_PROGRAMS += tests/unit/test_organisation
tests_unit_test_organisation_SOURCES = tests/unit/test_organisation.c tests/unit/assertions.c tests/unit/assertions.h tests/unit/seam.c tests/unit/seam.h
tests_unit_test_organisation_CPPFLAGS = $(unit_cppflags)
tests_unit_test_organisation_LDADD = $(unit_libs)
TESTS += tests/unit/test_organisation

check_PROGRAMS += tests/unit/test_rewrap
tests_unit_test_rewrap_SOURCES = tests/unit/test_rewrap.c
tests_unit_test_rewrap_CPPFLAGS = $(unit_cppflags)
tests_unit_test_rewrap_LDADD = $(unit_libs)
TESTS += tests/unit/test_rewrap

check_PROGRAMS += tests/unit/test_trusted_issuer
tests_unit_test_trusted_issuer_SOURCES = tests/unit/test_trusted_issuer.c tests/unit/assertions.c tests/unit/assertions.h tests/unit/seam.c tests/unit/seam.h
tests_unit_test_trusted_issuer_CPPFLAGS = $(unit_cppflags)
tests_unit_test_trusted_issuer_LDADD = $(unit_libs)
TESTS += tests/unit/test_trusted_issuer

check_PROGRAMS += tests/unit/test_crypt_others
tests_unit_test_crypt_others_SOURCES = tests/unit/test_crypt_others.c tests/unit/jws_fixture.h
tests_unit_test_crypt_others_CPPFLAGS = $(unit_cppflags)
tests_unit_test_crypt_others_LDADD = tests/unit/libvectors.a $(unit_libs)
TESTS += tests/unit/test_crypt_others

check_PROGRAMS += tests/unit/test_clock
tests_unit_test_clock_SOURCES = tests/unit/test_clock.c
tests_unit_test_clock_CPPFLAGS = $(unit_cppflags)
tests_unit_test_clock_LDADD = $(unit_libs)
TESTS += tests/unit/test_clock
# With the real clock: what it waits for is real.
tests_unit_test_command_LDADD = libtally.a $(CMOCKA_LIBS) $(CORE_LIBS)

check_PROGRAMS += tests/unit/test_permute
tests_unit_test_permute_SOURCES = tests/unit/test_permute.c
tests_unit_test_permute_CPPFLAGS = $(unit_cppflags)
tests_unit_test_permute_LDADD = $(unit_libs)
TESTS += tests/unit/test_permute

# The contract of store/lists.h, for any implementation of it.
check_LIBRARIES += tests/unit/libcontract.a
tests_unit_libcontract_a_SOURCES = \
	tests/unit/lists_contract.c tests/unit/lists_contract.h \
	tests/unit/lists_contract_entry.c \
	tests/unit/lists_contract_pool.c \
	tests/unit/lists_contract_publish.c
tests_unit_libcontract_a_CPPFLAGS = $(unit_cppflags)

check_PROGRAMS += tests/unit/test_lists
tests_unit_test_lists_SOURCES = tests/unit/test_lists.c
tests_unit_test_lists_CPPFLAGS = $(unit_cppflags)
tests_unit_test_lists_LDADD = tests/unit/libcontract.a $(unit_libs)
TESTS += tests/unit/test_lists

check_PROGRAMS += tests/unit/test_pool_conf
tests_unit_test_pool_conf_SOURCES = tests/unit/test_pool_conf.c tests/unit/logged.c tests/unit/logged.h
tests_unit_test_pool_conf_CPPFLAGS = $(unit_cppflags)
tests_unit_test_pool_conf_LDADD = $(unit_libs)
TESTS += tests/unit/test_pool_conf
check_PROGRAMS += tests/unit/test_publish
tests_unit_test_publish_SOURCES = tests/unit/test_publish.c tests/unit/publishing.c tests/unit/publishing.h
tests_unit_test_publish_CPPFLAGS = $(unit_cppflags)
tests_unit_test_publish_LDADD = $(unit_libs)
TESTS += tests/unit/test_publish
check_PROGRAMS += tests/unit/test_token_status
tests_unit_test_token_status_SOURCES = tests/unit/test_token_status.c tests/unit/assertions.c tests/unit/assertions.h tests/unit/seam.c tests/unit/seam.h tests/unit/token_status.c tests/unit/token_status.h
tests_unit_test_token_status_CPPFLAGS = $(unit_cppflags)
tests_unit_test_token_status_LDADD = $(unit_libs)
TESTS += tests/unit/test_token_status

check_PROGRAMS += tests/unit/test_files
tests_unit_test_files_SOURCES = tests/unit/test_files.c tests/unit/publishing.c tests/unit/publishing.h
tests_unit_test_files_CPPFLAGS = $(unit_cppflags)
tests_unit_test_files_LDADD = $(unit_libs)
TESTS += tests/unit/test_files

check_PROGRAMS += tests/unit/test_admin_pool
tests_unit_test_admin_pool_SOURCES = tests/unit/test_admin_pool.c tests/unit/logged.c tests/unit/logged.h
tests_unit_test_admin_pool_CPPFLAGS = $(unit_cppflags)
tests_unit_test_admin_pool_LDADD = $(unit_libs)
TESTS += tests/unit/test_admin_pool
check_PROGRAMS += tests/unit/test_signing
tests_unit_test_signing_SOURCES = tests/unit/test_signing.c tests/unit/publishing.c tests/unit/publishing.h
tests_unit_test_signing_CPPFLAGS = $(unit_cppflags)
tests_unit_test_signing_LDADD = $(unit_libs)
TESTS += tests/unit/test_signing

check_PROGRAMS += tests/unit/test_publish_retire
tests_unit_test_publish_retire_SOURCES = tests/unit/test_publish_retire.c tests/unit/publishing.c tests/unit/publishing.h
tests_unit_test_publish_retire_CPPFLAGS = $(unit_cppflags)
tests_unit_test_publish_retire_LDADD = $(unit_libs)
TESTS += tests/unit/test_publish_retire

check_PROGRAMS += tests/unit/test_publish_memory
tests_unit_test_publish_memory_SOURCES = tests/unit/test_publish_memory.c tests/unit/publishing.c tests/unit/publishing.h
tests_unit_test_publish_memory_CPPFLAGS = $(unit_cppflags)
tests_unit_test_publish_memory_LDADD = $(unit_libs)
tests_unit_test_publish_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc
TESTS += tests/unit/test_publish_memory
check_PROGRAMS += tests/unit/test_status_family
tests_unit_test_status_family_SOURCES = tests/unit/test_status_family.c tests/unit/seam.c tests/unit/seam.h tests/unit/token_status.c tests/unit/token_status.h
tests_unit_test_status_family_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_family_LDADD = $(unit_libs)
TESTS += tests/unit/test_status_family
status_seam = tests/unit/status_seam.c tests/unit/status_seam.h tests/unit/seam.c tests/unit/seam.h

check_PROGRAMS += tests/unit/test_references
tests_unit_test_references_SOURCES = tests/unit/test_references.c $(status_seam)
tests_unit_test_references_CPPFLAGS = $(unit_cppflags)
tests_unit_test_references_LDADD = $(unit_libs)
TESTS += tests/unit/test_references

check_PROGRAMS += tests/unit/test_updates
tests_unit_test_updates_SOURCES = tests/unit/test_updates.c $(status_seam)
tests_unit_test_updates_CPPFLAGS = $(unit_cppflags)
tests_unit_test_updates_LDADD = $(unit_libs)
TESTS += tests/unit/test_updates

check_PROGRAMS += tests/unit/test_status_list
tests_unit_test_status_list_SOURCES = tests/unit/test_status_list.c $(status_seam)
tests_unit_test_status_list_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_list_LDADD = $(unit_libs)
TESTS += tests/unit/test_status_list

check_PROGRAMS += tests/unit/test_pools
tests_unit_test_pools_SOURCES = tests/unit/test_pools.c tests/unit/pools.c tests/unit/pools.h tests/unit/logged.c tests/unit/logged.h
tests_unit_test_pools_CPPFLAGS = $(unit_cppflags)
tests_unit_test_pools_LDADD = $(unit_libs)
TESTS += tests/unit/test_pools

check_PROGRAMS += tests/unit/test_refill
tests_unit_test_refill_SOURCES = tests/unit/test_refill.c tests/unit/pools.c tests/unit/pools.h
tests_unit_test_refill_CPPFLAGS = $(unit_cppflags)
tests_unit_test_refill_LDADD = $(unit_libs)
TESTS += tests/unit/test_refill

check_PROGRAMS += tests/unit/test_status_memory
tests_unit_test_status_memory_SOURCES = tests/unit/test_status_memory.c tests/unit/pools.c tests/unit/pools.h $(status_seam)
tests_unit_test_status_memory_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_memory_LDADD = $(unit_libs)
tests_unit_test_status_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=reallocarray
TESTS += tests/unit/test_status_memory

check_PROGRAMS += tests/unit/test_own_status
tests_unit_test_own_status_SOURCES = tests/unit/test_own_status.c tests/unit/pools.c tests/unit/pools.h
tests_unit_test_own_status_CPPFLAGS = $(unit_cppflags)
tests_unit_test_own_status_LDADD = $(unit_libs)
TESTS += tests/unit/test_own_status

check_PROGRAMS += tests/unit/test_token_list
tests_unit_test_token_list_SOURCES = tests/unit/test_token_list.c tests/unit/publishing.c tests/unit/publishing.h
tests_unit_test_token_list_CPPFLAGS = $(unit_cppflags)
tests_unit_test_token_list_LDADD = $(unit_libs)
TESTS += tests/unit/test_token_list

check_PROGRAMS += tests/unit/test_app_lists
tests_unit_test_app_lists_SOURCES = tests/unit/test_app_lists.c tests/unit/pools.c tests/unit/pools.h tests/unit/logged.c tests/unit/logged.h
tests_unit_test_app_lists_CPPFLAGS = $(unit_cppflags)
tests_unit_test_app_lists_LDADD = $(unit_libs)
TESTS += tests/unit/test_app_lists

"""Promises of mirrors, and of trees that are published (``A``, ``C``)."""

from collections.abc import Mapping

__all__ = ["MIRRORS", "TREES"]

MIRRORS: Mapping[str, str] = {
    "A-30": "contract/conformance/test_mirror_protocol.py::"
    "test_a30_last_modified_is_byte_exact_and_goes_forward_only",
    "A-31": "chaos/test_sync.py::test_killed_sync_resumes_and_converges",
    "A-32": "app/test_syncing.py::test_mass_removal_removes_nothing_until_it_is_allowed",
    "A-33": "faults/test_sync.py::"
    "test_outage_during_a_sync_loses_nothing_and_the_next_one_brings_the_rest",
    "A-34": "decide/test_selection_reference.py::"
    "test_selection_of_two_hundred_projects_equals_the_naive_computation",
    "A-35": "scenario/mirroring/test_mirroring_from.py::"
    "test_a35_index_of_any_kind_is_mirrored_and_then_what_changes",
    "A-36": "mirror/test_restoring.py",
    "A-37": "contract/conformance/test_mirror_protocol.py::"
    "test_a37_days_that_are_over_are_published",
    "A-38": "stats/test_merging.py",
    "A-39": "contract/conformance/test_mirror_protocol.py::test_a39_what_signed_pages_once_is_gone",
    "A-40": "faults/test_sync_manners.py",
    "A-41": "contract/conformance/test_xml_rpc.py::test_a41_other_addresses_answer_with_a_sentence",
    "A-97": "contract/conformance/test_mirror_protocol.py::test_a97_own_requests_are_counted",
    "C-92": "scenario/mirroring/test_being_mirrored.py::"
    "test_c92_c93_all_of_an_index_is_mirrored_and_then_what_changes",
    "C-93": "scenario/mirroring/test_being_mirrored.py::"
    "test_c92_c93_all_of_an_index_is_mirrored_and_then_what_changes",
    "C-94": "scenario/mirroring/test_being_mirrored.py::"
    "test_c94_what_is_ours_is_mirrored_after_each_upload",
    "C-95": "contract/conformance/test_xml_rpc.py::test_c95_lists_tell_the_serials_of_the_doors",
    "C-96": "contract/conformance/test_xml_rpc.py::test_c96_long_call_is_refused",
}
"""As mirrors have done it since 2009, and what is mirrored from us. The other half of A-35 is with
C-92; an unchanged index (A-31) is in `app/test_syncing.py`, a later filter (A-34) in
`app/test_syncing_filters.py` and `app/test_giving_up.py`, damage (A-36) in `faults/test_repair.py`,
and the manifest (A-39) in `faults/test_manifests.py`."""

SWITCHING = "scenario/publishing/test_switching.py"
TREES: Mapping[str, str] = {
    "A-25": "scenario/test_redirect_table.py::test_request_leads_where_the_table_says",
    "A-26": "scenario/test_redirect_clients.py::test_a26_one_of_two_redirectors_is_gone",
    "A-43": "scenario/serving/test_published.py",
    "A-76": "scenario/test_redirect_clients.py::"
    "test_upload_through_a_redirector_shows_nobody_the_credentials",
    "A-90": "publish/tree/test_publishing.py",
    "A-91": "faults/test_publish.py::test_client_never_sees_a_page_that_names_a_missing_file",
    "A-92": "scenario/test_object_store.py::test_objects_have_the_headers_of_what_they_are",
    "A-93": "publish/tree/test_switching.py::test_taken_back_and_forth_is_byte_for_byte_the_same",
    "A-94": "app/test_publish_schedule.py",
    "A-95": "stats/test_ingesting.py::test_a95_a97_counts_are_those_that_were_made_by_hand",
    "A-96": "stats/test_converting.py::test_what_is_written_tells_the_same_story",
    "A-98": "app/test_snapshots.py::test_nothing_private_is_in_it",
    "A-99": "scenario/test_restore.py::test_a99_index_lives_again_from_its_tree_alone",
    "A-100": f"{SWITCHING}::test_a100_while_the_server_is_stopped_everything_installs",
    "A-101": "stats/test_estimating.py::test_sums_are_those_of_awk",
    "A-102": f"{SWITCHING}::test_install_goes_on_where_it_is_switched_to",
    "A-103": f"{SWITCHING}::test_a103_tree_is_given_out_where_nothing_can_be_written",
    "A-117": "publish/serving/test_rendering.py",
    "C-131": f"{SWITCHING}::test_c131_tree_locks_and_installs",
    "C-132": "faults/test_publish.py::test_client_never_sees_a_page_that_names_a_missing_file",
}
"""Of published trees, redirectors, counts and snapshots.

Targets that die, circles (A-25) and a redirector without a disk (A-103) are in
`scenario/test_redirect.py`; an absolute root (A-43) in `app/test_publishing.py`; every kind of
server (A-90, A-92) and purges (A-94) in `scenario/serving`; drift (A-90) in
`publish/tree/test_reconciling.py`; switching under readers (A-93) in `faults/test_publish.py`; what
counts (A-97) with the mirrors and in `stats/test_logged.py`; the rest of A-98 in
`publish/snapshot`; what redirectors are made of (A-117) in `publish/redirecting`."""

"""Promises of systems of the past (``A``), and of what they came from (``H``, ``F-``)."""

from collections.abc import Mapping

__all__ = ["ANCESTORS", "OWN_INDEXES", "PREDECESSORS"]

PREDECESSORS: Mapping[str, str] = {
    "A-01": "scenario/outage/test_clients.py",
    "A-02": "scenario/test_new_environments.py",
    "A-03": "cli/test_ready.py::test_a03_what_is_fetched_installs_when_everything_vanished",
    "A-04": "contract/conformance/test_patience_of_clients.py::"
    "test_c106_c108_a04_upstream_that_does_not_answer_costs_patience_once",
    "A-05": "contract/conformance/test_patience_of_clients.py::"
    "test_a05_what_is_unknown_is_said_in_a_line",
    "A-06": "contract/conformance/test_upstream_answers.py::"
    "test_f2_held_page_is_sent_while_upstream_fails",
    "A-07": "chaos/test_kills.py",
    "A-08": "faults/test_broken_downloads.py::test_wrong_bytes_are_never_a_whole_answer_nor_kept",
    "A-09": "faults/test_shared_downloads.py::test_herd_is_one_download",
    "A-10": "repository/test_compose.py::test_a10_held_file_is_given_whatever_the_time",
    "A-11": "contract/conformance/test_patience_of_clients.py::"
    "test_a11_what_was_deleted_upstream_stays_installable_by_its_address",
    "A-12": "mirror/ready/test_judging_agreement.py::test_a12_what_is_ready_installs",
    "A-13": "faults/test_offline_calls.py::test_a13_offline_server_connects_to_nobody",
    "A-14": "faults/test_collection.py",
    "A-15": "faults/test_outages.py",
    "A-16": "scenario/test_flaky_upstream.py::"
    "test_a16_installs_succeed_while_a_third_of_upstreams_answers_fails",
    "A-17": "contract/conformance/test_patience_of_clients.py::"
    "test_a17_new_process_serves_what_is_long_over",
    "A-18": "settings/test_reader.py",
}
"""In an outage. Locked files (A-03) are in `scenario/test_stand_in.py` too, and a change between
cache and mirror (A-14) in `app/test_syncing_filters.py`."""

OWN_INDEXES: Mapping[str, str] = {
    "A-42": "contract/conformance/test_upload_answers.py::test_c72_a42_action_of_the_past_is_gone",
    "A-50": "faults/test_private_names.py::"
    "test_a50_unknown_file_of_a_private_project_is_absent_here",
    "A-51": "scenario/test_confusion.py::"
    "test_a51_reserved_name_is_not_installed_before_its_first_upload",
    "A-52": "faults/test_private_names.py::"
    "test_a52_what_is_ours_is_answered_whatever_the_upstream_does",
    "A-53": "contract/test_rights_routes.py::test_reading_is_as_the_policy_says",
    "A-54": "contract/conformance/test_upload_credentials.py::"
    "test_c78_a54_who_is_nobody_is_asked_who_she_is",
    "A-55": "contract/conformance/test_upload_interruptions.py::"
    "test_c81_a55_one_of_two_uploads_wins",
    "A-56": "contract/conformance/test_upload_answers.py::"
    "test_a56_refusals_leave_nothing_on_the_disk",
    "A-57": "scenario/publishing/test_nothing_is_run.py::test_a57_code_in_archives_leaves_no_trace",
    "A-58": "contract/test_rights_routes.py::test_a58_who_may_not_fill_gets_what_is_held_alone",
    "A-59": "faults/test_inbox.py::test_a59_files_of_any_way_of_copying_are_published",
    "A-60": "scenario/test_serve_dir.py::test_a60_client_takes_the_newest_version_of_a_directory",
    "A-61": "contract/test_rights_elsewhere.py::test_revocation_is_noticed_by_whoever_hammers",
    "A-62": "scenario/test_documents.py::test_blocks_of_a_page_run",
    "A-63": "upload/test_metadata_rules.py::test_doubtful_line_is_a_warning_or_refused",
    "A-64": "faults/test_private_names.py::test_a64_private_results_do_not_depend_on_the_fallback",
    "A-77": "scenario/publishing/test_find_links.py::"
    "test_a77_pip_installs_from_the_flat_page_alone",
}
"""With projects of our own. A-62 is a recipe in `docs/how-to/publish-packages.md`, which is run.
What a mirror fetches with each fallback (A-64) is in `app/test_syncing_filters.py`."""

ANCESTORS: Mapping[str, str] = {
    "H-05": "faults/test_last_modified.py::test_a30_mirror_is_as_new_as_it_says",
    "H-06": "contract/conformance/test_xml_rpc.py::test_a41_other_addresses_answer_with_a_sentence",
    "H-08": "contract/conformance/test_mirror_protocol.py::test_a39_what_signed_pages_once_is_gone",
    "H-09": "faults/test_manifests.py::test_any_changed_byte_is_found_and_named",
    "H-10": "faults/test_manifests.py::test_index_gives_what_its_manifest_lists",
    "H-11": "contract/conformance/test_mirror_protocol.py::"
    "test_a37_days_that_are_over_are_published",
    "H-12": "stats/test_merging.py",
    "H-13": "app/test_syncing.py::test_change_is_the_only_thing_that_is_looked_at",
    "H-14": "faults/test_sync_manners.py::test_every_request_says_who_asks",
    "H-21": "chaos/test_sync.py::test_killed_sync_resumes_and_converges",
    "H-22": "scenario/mirroring/test_being_mirrored.py",
    "H-23": "app/test_syncing.py::test_withdrawn_project_goes_at_once_and_its_files_wait",
    "H-24": "scenario/test_sync.py::"
    "test_requirements_are_synced_with_all_they_need_and_nothing_else",
    "F-01": "wire/test_last_modified.py",
    "F-02": "wire/test_local_stats.py",
    "F-03": "stats/test_merging.py::test_a38_month_is_the_sum_of_its_days",
    "F-04": "contract/conformance/test_mirror_protocol.py::test_a39_what_signed_pages_once_is_gone",
    "F-05": "faults/test_manifests.py::test_any_changed_byte_is_found_and_named",
    "F-06": "contract/conformance/test_mirror_protocol.py::"
    "test_f06_what_only_the_master_had_is_not_there",
    "F-07": "contract/conformance/test_mirror_protocol.py::test_f01_original_probe_reads_it",
    "F-08": "scenario/mirroring/test_being_mirrored.py::"
    "test_c92_c93_all_of_an_index_is_mirrored_and_then_what_changes",
    "F-09": "decide/test_selection_reference.py::"
    "test_each_filter_alone_equals_the_naive_computation",
}
"""What the mirrors of 2009 to 2013 had (H), and in which formats (F). H-01 is all of it. H-02 to
H-04, H-18 and H-25 are names, lists and crawling that went with PEP 449 and PEP 470; H-07 and H-15
to H-20 are about relative links, several doors and publishing, and are with the promises on
those."""

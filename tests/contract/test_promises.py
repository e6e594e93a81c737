"""Which test shows which promise: faults, threats, conformance, and what went before.

``F`` is a fault that something outside may have, ``T`` a threat, ``C`` a promise to clients, ``A``
one that systems of the past made or should have made, ``G`` a goal.  A number is what people refer
to, and a test is found by it; so this list is kept, and a test that is renamed or removed has to be
put right here too.  A path without a name is a module of which every test counts.
"""

import re
from collections.abc import Iterable, Mapping

import pytest

from support.house import ROOT

pytestmark = pytest.mark.house

FAULTS: Mapping[str, str] = {
    "F01": "faults/test_unreachable_upstream.py::test_name_that_does_not_resolve_is_an_outage",
    "F02": "faults/test_unreachable_upstream.py::test_unknown_thing_is_503_while_nobody_answers",
    "F03": "faults/test_unreachable_upstream.py::"
    "test_held_page_and_file_are_sent_while_nobody_answers",
    "F04": "faults/test_unreachable_upstream.py::test_bad_certificate_is_an_outage",
    "F05": "faults/test_odd_upstreams.py::test_handshake_that_never_ends_is_an_outage",
    "F06": "faults/test_patience.py::test_everything_is_answered_while_upstream_is_silent",
    "F07": "faults/test_untrusted_pages.py::test_held_page_outlives_what_is_no_page",
    "F08": "faults/test_broken_downloads.py::"
    "test_download_that_breaks_off_goes_on_where_it_stopped",
    "F09": "faults/test_broken_downloads.py::"
    "test_download_that_breaks_off_goes_on_where_it_stopped",
    "F10": "contract/conformance/test_upstream_answers.py::test_f4_failure_without_a_copy_is_503",
    "F11": "faults/test_asked_for_peace.py",
    "F12": "faults/test_losses.py::test_second_reading_of_a_loss_is_on_a_new_connection",
    "F13": "faults/test_losses.py::test_404_for_everything_is_an_outage",
    "F14": "faults/test_odd_upstreams.py::test_upstream_that_forbids_everything_is_an_outage",
    "F15": "faults/test_untrusted_pages.py::test_unknown_page_that_is_none_is_503",
    "F16": "contract/test_classification.py::test_body_that_is_no_page_of_the_project_is_refused",
    "F17": "transport/test_connections.py::"
    "test_answer_appended_to_an_answer_is_not_taken_for_the_next_one",
    "F24": "faults/test_plain_upstreams.py::test_first_use_is_recorded_and_held_to",
    "F25": "faults/test_losses.py::test_page_emptied_once_is_not_believed",
    "F26": "faults/test_losses.py::test_newest_version_gone_once_is_not_believed",
    "F27": "faults/test_untrusted_pages.py::test_page_that_is_older_is_not_believed",
    "F28": "faults/test_untrusted_pages.py::test_serial_that_goes_missing_stops_no_news",
    "F29": "faults/test_losses.py::test_quarantined_project_is_gone_at_once",
    "F30": "faults/test_odd_upstreams.py::test_variants_that_disagree_are_one_page",
    "F31": "faults/test_odd_upstreams.py::test_huge_page_is_a_page",
    "F32": "wire/test_simple_json.py::test_t18_hostile_body_is_bad_input",
    "F33": "faults/test_shared_downloads.py::test_metadata_that_cannot_be_had_are_promised_no_more",
    "F34": "faults/test_odd_upstreams.py::test_wrong_clock_of_the_upstream_changes_nothing",
    "F36": "faults/test_full_disk.py::test_f36_upload_without_room_publishes_nothing",
    "F73": "contract/conformance/test_upload_interruptions.py::"
    "test_f73_client_that_leaves_has_uploaded_nothing",
    "F78": "faults/test_publish.py::test_target_that_fails_at_any_call_shows_a_whole_tree",
}
"""Of upstreams, uploads, publishing. F18 to F23 (bytes): `faults/test_many_doors_bytes.py`."""

CLIENTS: Mapping[str, str] = {
    "C-105": "scenario/outage/test_clients.py",
    "C-106": "contract/conformance/test_patience_of_clients.py::"
    "test_c106_c108_a04_upstream_that_does_not_answer_costs_patience_once",
    "C-107": "scenario/outage/test_clients.py",
    "C-108": "contract/conformance/test_patience_of_clients.py::"
    "test_c106_c108_a04_upstream_that_does_not_answer_costs_patience_once",
    "C-109": "faults/test_several_doors.py",
    "C-110": "repository/test_priority.py::test_outage_behind_an_absence_is_an_outage",
    "C-111": "contract/conformance/test_patience_of_clients.py::"
    "test_c111_absence_is_kept_for_a_minute_at_most",
    "C-112": "scenario/test_offline.py::test_c112_unpinned_request_resolves_to_what_is_held",
    "C-113": "faults/test_broken_downloads.py::test_wrong_bytes_are_never_a_whole_answer_nor_kept",
    "C-114": "contract/conformance/test_patience_of_clients.py::"
    "test_c114_file_that_stalls_is_finished_in_the_same_answer",
    "C-115": "contract/conformance/test_wheel_metadata.py::"
    "test_metadata_of_a_held_wheel_need_no_upstream",
    "C-116": "faults/test_shared_downloads.py::test_herd_is_one_download",
    "C-118": "contract/conformance/test_patience_of_clients.py::"
    "test_c118_takedown_outlives_the_upstream",
    "C-119": "contract/conformance/test_changing_pages.py",
    "C-120": "faults/test_secrets.py::test_credentials_are_nowhere_but_on_the_way",
    "C-121": "contract/conformance/test_upstream_answers.py::"
    "test_f2_held_page_is_sent_while_upstream_fails",
    "C-122": "faults/test_full_disk.py",
    "C-123": "faults/test_killed_server.py",
    "C-124": "faults/test_odd_upstreams.py::test_wrong_clock_of_the_upstream_changes_nothing",
    "C-125": "scenario/test_stand_in.py",
}
"""In an outage."""

HOSTING: Mapping[str, str] = {
    "C-58": "scenario/publishing/test_fresh_after_publishing.py::"
    "test_c58_page_of_our_own_is_asked_for_every_time",
    "C-59": "scenario/publishing/test_fresh_after_publishing.py::"
    "test_c59_next_install_finds_the_new_version",
    "C-60": "contract/test_rights_routes.py::test_answer_to_a_member_is_for_them_alone",
    "C-63": "scenario/publishing/test_publishing.py::test_c63_a42_what_a_client_publishes_installs",
    "C-64": "contract/conformance/test_uploads.py::test_c64_upload_needs_no_redirect",
    "C-65": "contract/conformance/test_uploads.py::test_c65_file_may_be_of_any_type_or_of_none",
    "C-66": "contract/conformance/test_upload_answers.py::test_c66_wrong_digest_is_refused",
    "C-67": "contract/conformance/test_upload_answers.py::"
    "test_c67_c76_form_that_is_wrong_is_refused",
    "C-68": "contract/conformance/test_uploads.py::test_c68_same_bytes_again_are_no_change",
    "C-69": "contract/conformance/test_upload_answers.py::"
    "test_c69_other_bytes_under_one_name_are_refused",
    "C-70": "scenario/publishing/test_publishing_twice.py::test_c70_client_skips_what_exists",
    "C-71": "scenario/publishing/test_publishing_twice.py::test_c71_uv_compares_with_the_page",
    "C-72": "contract/conformance/test_upload_answers.py::test_c72_a42_action_of_the_past_is_gone",
    "C-73": "contract/conformance/test_upload_answers.py::"
    "test_c73_page_where_hatch_looks_is_html_or_absent",
    "C-74": "contract/conformance/test_uploads.py::"
    "test_c74_repeated_fields_are_kept_and_empty_ones_are_not",
    "C-75": "contract/conformance/test_uploads.py::test_c75_fields_may_be_spelled_either_way",
    "C-76": "contract/conformance/test_upload_answers.py::"
    "test_c67_c76_form_that_is_wrong_is_refused",
    "C-77": "contract/conformance/test_upload_answers.py::"
    "test_c77_project_that_takes_no_files_refuses_them",
    "C-78": "contract/conformance/test_upload_credentials.py::"
    "test_c78_every_failure_sounds_the_same",
    "C-79": "contract/conformance/test_upload_credentials.py::"
    "test_c79_token_is_known_in_every_form",
    "C-80": "contract/conformance/test_upload_interruptions.py::"
    "test_c80_server_that_dies_in_an_upload_has_published_nothing",
    "C-81": "contract/conformance/test_upload_interruptions.py::"
    "test_c81_a55_one_of_two_uploads_wins",
    "C-82": "scenario/publishing/test_large_upload.py::"
    "test_c82_large_file_takes_no_more_memory_than_a_small_one",
    "C-83": "upload/archives/test_reading.py::"
    "test_hostile_archive_is_refused_with_the_expected_words",
    "C-84": "contract/conformance/test_upload_answers.py::"
    "test_a56_c84_archive_that_is_wrong_is_refused",
    "C-85": "contract/conformance/test_upload_answers.py::"
    "test_a56_c85_file_name_that_is_wrong_is_refused",
    "C-86": "contract/conformance/test_uploads.py::test_c86_every_metadata_of_today_is_accepted",
    "C-87": "server/test_oidc.py::test_second_use_and_strangers_are_422_with_a_code",
    "C-97": "contract/conformance/test_feeds.py",
    "C-117": "faults/test_private_names.py::"
    "test_t03_no_spelling_of_a_private_name_reaches_an_upstream",
}
"""With projects of our own."""

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

THREATS: Mapping[str, str] = {
    "T01": "scenario/test_confusion.py::"
    "test_t01_our_own_version_is_installed_whatever_the_upstream_does",
    "T02": "scenario/test_confusion.py::"
    "test_t02_installation_fails_rather_than_take_the_strangers_while_we_are_broken",
    "T03": "faults/test_private_names.py::"
    "test_t03_no_spelling_of_a_private_name_reaches_an_upstream",
    "T04": "faults/test_private_names.py::test_t04_name_that_many_claim_at_once_has_one_owner",
    "T05": "decide/test_lookalikes.py::test_squatted_names_are_noticed",
    "T06": "faults/test_many_doors_bytes.py::"
    "test_page_with_other_bytes_under_a_known_name_is_refused_and_said",
    "T07": "faults/test_many_doors_bytes.py::"
    "test_door_with_other_bytes_under_the_name_gives_nothing",
    "T08": "faults/test_untrusted_pages.py::test_page_that_is_older_is_not_believed",
    "T13": "faults/test_curated_projects.py::"
    "test_t13_old_release_takes_a_file_from_an_administrator_alone",
    "T14": "upload/archives/test_reading.py::"
    "test_hostile_archive_is_refused_with_the_expected_words",
    "T15": "upload/test_inspection.py::test_hidden_requirement_is_refused",
    "T16": "faults/test_curated_projects.py::test_t16_deleted_name_is_not_given_to_other_bytes",
    "T21": "upload/archives/test_limits.py::test_bomb_is_refused",
    "T22": "upload/archives/test_reading.py::test_nothing_is_written",
    "T35": "contract/test_rights_routes.py::test_answer_to_a_member_is_for_them_alone",
    "T36": "contract/test_rights_routes.py::test_reading_is_as_the_policy_says",
    "T37": "contract/test_rights_routes.py::"
    "test_what_may_not_be_read_is_answered_as_what_is_not_there",
    "T38": "contract/conformance/test_trusted_user.py::test_t38_header_of_a_client_is_ignored",
    "T39": "server/test_sign_in.py::test_pages_are_for_one_person_and_run_nothing",
    "T40": "access/test_tokens.py::test_digests_are_compared_in_constant_time",
    "T41": "contract/test_rights.py::test_cell_is_as_the_policy_says",
    "T42": "catalog/test_tokens.py::test_token_of_somebody_else_does_not_exist",
    "T43": "contract/test_rights_histories.py::test_rights_are_those_of_the_model_at_every_moment",
    "T44": "contract/test_rights_elsewhere.py::"
    "test_what_a_command_takes_away_is_gone_in_a_running_server",
    "T45": "access/test_publishing.py::test_t45_of_200_exchanges_at_once_one_succeeds",
    "T46": "access/test_passwords.py::test_few_checks_run_and_few_wait",
    "T47": "contract/test_rights_secrets.py",
}
"""Of whom a name belongs to, what is uploaded, and who may do what."""

GOALS: Mapping[str, str] = {
    "G7": "scenario/test_confusion.py",
    "G19": "contract/test_rights_histories.py::test_rights_are_those_of_the_model_at_every_moment",
}
"""Counts that a campaign reaches: no install of a stranger's package, no right too many."""

PROMISES = {
    **FAULTS,
    **CLIENTS,
    **HOSTING,
    **PREDECESSORS,
    **OWN_INDEXES,
    **MIRRORS,
    **TREES,
    **ANCESTORS,
    **THREATS,
    **GOALS,
}


@pytest.mark.parametrize(
    ("number", "place"),
    [pytest.param(*each, id=each[0]) for each in PROMISES.items()],
)
def test_promise_has_its_test(number: str, place: str) -> None:
    """A number that people refer to leads to a test that is there."""
    module, _, name = place.partition("::")

    text = (ROOT / "tests" / module).read_text("utf-8")
    assert re.search(rf"^(?:async )?def {name or 'test_'}", text, re.MULTILINE), number


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (FAULTS, [f"F{n:02}" for n in (*range(1, 18), *range(24, 35), 36, 73, 78)]),
        (CLIENTS, [f"C-{n}" for n in range(105, 126) if n != 117]),
        (HOSTING, [f"C-{n}" for n in (*range(58, 61), *range(63, 88), 97, 117)]),
        (PREDECESSORS, [f"A-{n:02}" for n in range(1, 19)]),
        (OWN_INDEXES, [f"A-{n}" for n in (42, *range(50, 65), 77)]),
        (
            MIRRORS,
            [f"A-{n}" for n in (*range(30, 42), 97)] + [f"C-{n}" for n in range(92, 97)],
        ),
        (
            TREES,
            [f"A-{n}" for n in (25, 26, 43, 76, *range(90, 97), *range(98, 104), 117)]
            + ["C-131", "C-132"],
        ),
        (
            ANCESTORS,
            [f"H-{n:02}" for n in (5, 6, *range(8, 15), *range(21, 25))]
            + [f"F-{n:02}" for n in range(1, 10)],
        ),
        (
            THREATS,
            [f"T{n:02}" for n in (*range(1, 9), *range(13, 17), 21, 22, *range(35, 48))],
        ),
    ],
)
def test_list_is_whole(numbers: Iterable[str], expected: list[str]) -> None:
    """Nothing is left out without a word."""
    assert list(numbers) == expected

"""Faults that something outside may have (``F``), threats (``T``), and goals (``G``)."""

from collections.abc import Mapping

__all__ = ["FAULTS", "GOALS", "THREATS"]

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

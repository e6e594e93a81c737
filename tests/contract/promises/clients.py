"""Promises to the clients of an index, and to those who upload to one (``C``)."""

from collections.abc import Mapping

__all__ = ["CLIENTS", "HOSTING"]

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

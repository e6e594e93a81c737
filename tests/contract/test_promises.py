"""Which test shows which promise: faults of the fault model, conformance, and what went before.

``F`` is a fault that something outside may have, ``C`` a promise to clients, ``A`` one that systems
of the past made or should have made.  A number is what people refer to, and a test is found by it;
so this list is kept, and a test that is renamed or removed has to be put right here too.  A path
without a name is a module of which every test counts.
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
}
"""Those of an upstream. F18 to F23 are about bytes: `faults/test_many_doors_bytes.py`."""

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
"""In an outage. C-117, a name that is never asked for upstream, comes with projects of our own."""

PREDECESSORS: Mapping[str, str] = {
    "A-01": "scenario/outage/test_clients.py",
    "A-02": "scenario/test_new_environments.py",
    "A-03": "scenario/test_stand_in.py",
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
    "A-13": "faults/test_offline_calls.py::test_a13_offline_server_connects_to_nobody",
    "A-15": "faults/test_outages.py",
    "A-16": "scenario/test_flaky_upstream.py::"
    "test_a16_installs_succeed_while_a_third_of_upstreams_answers_fails",
    "A-17": "contract/conformance/test_patience_of_clients.py::"
    "test_a17_new_process_serves_what_is_long_over",
    "A-18": "settings/test_reader.py",
}
"""In an outage. A-12 is about filling ahead of need, A-14 about a limit to what is kept."""


@pytest.mark.parametrize(
    ("number", "place"),
    [pytest.param(*each, id=each[0]) for each in {**FAULTS, **CLIENTS, **PREDECESSORS}.items()],
)
def test_promise_has_its_test(number: str, place: str) -> None:
    """A number that people refer to leads to a test that is there."""
    module, _, name = place.partition("::")

    text = (ROOT / "tests" / module).read_text("utf-8")
    assert re.search(rf"^(?:async )?def {name or 'test_'}", text, re.MULTILINE), number


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (FAULTS, [f"F{n:02}" for n in (*range(1, 18), *range(24, 35))]),
        (CLIENTS, [f"C-{n}" for n in range(105, 126) if n != 117]),
        (PREDECESSORS, [f"A-{n:02}" for n in range(1, 19) if n not in (12, 14)]),
    ],
)
def test_list_is_whole(numbers: Iterable[str], expected: list[str]) -> None:
    """Nothing is left out without a word."""
    assert list(numbers) == expected

"""Whichever worker is asked, the answer is the server's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wheelyard.monitor import Board, WorkerSnapshot, clear_board

NOW = 1_790_000_000.0


def counted(pages: int, at: float = NOW, fills: int = 0) -> WorkerSnapshot:
    """Return what a worker has to tell that answered so many pages."""
    return WorkerSnapshot(at, requests={"page|200": pages}, fills_running=fills)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a cleared board."""
    clear_board(tmp_path / "run")
    return tmp_path / "run"


def test_board_of_one_worker_needs_no_directory() -> None:
    """Nothing is written where nothing is shared."""
    assert Board(None).collect(counted(3)) == counted(3)


def test_worker_tells_the_sum_of_all(run: Path) -> None:
    """Of the others, what they pinned last."""
    first, second = Board(run, 1), Board(run, 2)
    first.publish(counted(3))

    answer = second.collect(counted(4))

    assert answer.requests == {"page|200": 7}
    assert answer.workers == 2


def test_two_threads_of_a_worker_may_pin_at_once(run: Path) -> None:
    """Its own round and somebody who asks meet; neither takes the other's draft away."""
    board = Board(run, 1)

    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(board.publish, counted(3)) for _ in range(400)]
        told = [call.result() for call in calls]

    assert told == [counted(3)] * 400
    assert [path.name for path in run.iterdir()] == ["worker-1.json"]


def test_counters_never_go_back_when_workers_take_turns_to_answer(run: Path) -> None:
    """Prometheus would take a step back for a restart, and count everything twice."""
    boards = [Board(run, number) for number in (1, 2, 3)]
    pages = [0, 0, 0]
    answers = []

    for turn in range(30):
        pages[(turn * 2) % 3] += turn  # counted, but not yet told to anybody
        asked = turn % 3
        answers.append(boards[asked].collect(counted(pages[asked])).requests["page|200"])

    assert answers == sorted(answers)


def test_successor_of_a_dead_worker_counts_on(run: Path) -> None:
    """And what the dead one was at is over."""
    Board(run, 1).publish(counted(5, fills=2))

    successor = Board(run, 1)
    successor.publish(counted(1))
    answer = Board(run, 2).collect(counted(0))

    assert answer.requests == {"page|200": 6}
    assert answer.fills_running == 0
    assert answer.workers == 2


def test_board_is_cleared_for_a_new_server(run: Path) -> None:
    """Counters start at 0 with the server."""
    Board(run, 1).publish(counted(5))
    Board(run, 7).publish(counted(5))

    clear_board(run)

    assert Board(run, 1).collect(counted(1)).requests == {"page|200": 1}


def test_unreadable_file_on_the_board_is_passed_over(run: Path) -> None:
    """The files are written without waiting for the disk: after a crash they may be empty."""
    (run / "worker-2.json").write_bytes(b"")
    (run / "worker-3.json").write_bytes(b'{"at": "x"}')

    assert Board(run, 1).collect(counted(1)).requests == {"page|200": 1}
    assert Board(run, 2).collect(counted(2)).requests == {"page|200": 3}


def test_other_files_of_the_directory_are_left_alone(run: Path) -> None:
    """The board shares its directory with the server's address."""
    (run / "server.json").write_text("{}", "utf-8")

    clear_board(run)
    Board(run, 1).publish(counted(1))

    assert sorted(path.name for path in run.iterdir()) == ["server.json", "worker-1.json"]


def test_board_without_room_tells_what_it_knows(run: Path) -> None:
    """A full disk costs the news of the others, and nothing else. Fault F35."""
    board = Board(run, 1)
    run.rmdir()

    assert board.collect(counted(3)).requests == {"page|200": 3}

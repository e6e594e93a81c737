"""What a publish counts."""

from wheelyard.publish.tree.account import Account


def test_account_counts_all_and_keeps_a_bounded_part() -> None:
    """A thousand problems are told, and all of them counted."""
    account = Account()
    for number in range(1_500):
        account.note_problem(f"p{number}", "why")
    for _ in range(10_500):
        account.note_page("demo")
    account.note_page("")
    account.note_sent([3, 4])

    assert (account.failed, len(account.problems), len(account.failing)) == (1_500, 1_000, 1_500)
    assert (account.pages, len(account.names)) == (10_501, 10_000)
    assert (account.objects, account.bytes) == (2, 7)

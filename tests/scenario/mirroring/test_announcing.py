"""P-08, seen from the other side: whoever reads our list is never given what is older than it."""

from pathlib import Path

import anyio
import pytest

from support.app import DEMO, app_on, chain_of, main_index, page
from support.packages import make_wheel
from support.simulator import running_simulator

pytestmark = pytest.mark.anyio


async def test_page_is_no_older_than_the_list_that_was_given_out(tmp_path: Path) -> None:
    """However fresh it is, and although nobody has told this process: the list has."""
    with running_simulator() as index:
        index.add(make_wheel("demo", "1.0"))
        async with app_on(tmp_path, index) as app:
            before = await page(app)
            await page(app)
            index.add(make_wheel("demo", "1.1"))
            asked = index.count("page")
            still_good = await page(app)
            was_asked = index.count("page") - asked
            await main_index(app).shelf.root()
            after = await page(app)

    assert b"demo-1.1" not in before
    assert (still_good, was_asked) == (before, 0)
    assert b"demo-1.1" in after


async def test_page_that_another_process_has_ready_is_outdated_too(tmp_path: Path) -> None:
    """It learns of the list by the journal."""
    with running_simulator() as index:
        index.add(make_wheel("demo", "1.0"))
        async with app_on(tmp_path, index) as app:
            await page(app)
            index.add(make_wheel("demo", "1.1"))
            await chain_of(app).pages.renew_projects()
            document = await main_index(app).chain.repository.project(DEMO)
            with anyio.fail_after(180):
                while b"demo-1.1" not in await page(app):  # noqa: ASYNC110 - the journal is looked at
                    await anyio.sleep(0.01)

    assert [file.filename for file in document.files][-1].startswith("demo-1.1")

"""Every client that publishes, so that a test can be written once for all of them."""

from functools import partial

from support.clients import editions
from support.clients.editions import FLIT, HATCH, PDM, POETRY
from support.clients.flit import Flit
from support.clients.hatch_publish import HatchPublish
from support.clients.pdm_publish import PdmPublish
from support.clients.poetry_publish import PoetryPublish
from support.clients.publishing import Publisher
from support.clients.roster import Kind
from support.clients.twine import Twine
from support.clients.uv_publish import UvPublish

__all__ = ["PUBLISHERS", "SKIPPERS", "TWINES"]

TWINES: tuple[Kind[Twine], ...] = tuple(
    Kind("twine", partial(Twine, edition), edition) for edition in editions.TWINES
)
"""twine 7 and twine 6."""

_POETRY: Kind[Publisher] = Kind("poetry", PoetryPublish, POETRY)
_PDM: Kind[Publisher] = Kind("pdm", PdmPublish, PDM)

PUBLISHERS: tuple[Kind[Publisher], ...] = (
    *TWINES,
    Kind("uv", UvPublish),
    _POETRY,
    _PDM,
    Kind("hatch", HatchPublish, HATCH),
    Kind("flit", Flit, FLIT),
)
"""One of each, and both editions of twine."""

SKIPPERS: tuple[Kind[Publisher], ...] = (TWINES[1], _POETRY, _PDM)
"""Those that know by the answer, with `--skip-existing`, that an index has a file already."""

"""``wheelyard project``: what is done to projects of our own."""

from wheelyard.cli.acting import make_group
from wheelyard.cli.project_accept import accept
from wheelyard.cli.project_delete import delete
from wheelyard.cli.project_expire import expire
from wheelyard.cli.project_import import import_
from wheelyard.cli.project_promote import promote
from wheelyard.cli.project_push import push
from wheelyard.cli.project_status import status
from wheelyard.cli.project_yank import unyank, yank

__all__ = ["command"]

command = make_group(
    "project",
    "Yank, delete and promote releases of projects of your own, and more.",
    yank,
    unyank,
    delete,
    promote,
    status,
    expire,
    accept,
    import_,
    push,
)

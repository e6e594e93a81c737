"""Real web servers and proxies, started by tests on free ports of this machine.

Start here: `web_server.py` (`WebServer`, `Place`, `running`, `check_syntax`), then one module for
each server, which has its `WebServer` and a `whole(place, part)` that makes a configuration it can
run out of the part that is being tested::

    with running(NGINX, tmp_path, lambda place: nginx.whole(place, part_of(place))) as server:
        ...  # point a client at server.base_url

Each runs in the foreground as the user who runs the tests, writes into its own folder alone, and is
stopped by its process id. Where a program is missing, the test is skipped with the name of its
package.
"""

from support.web_servers.web_server import Place, RunningWebServer, WebServer, check_syntax, running

__all__ = ["Place", "RunningWebServer", "WebServer", "check_syntax", "running"]

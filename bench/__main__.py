"""`python -m bench`: measure, or explain a figure with a profile."""

import signal
import sys

from bench.places import ROOT

# The programs in `tools/` know how to install from wherever this machine installs from.
sys.path.append(str(ROOT / "tools"))

from bench.command import main

# Whoever ends this program ends the servers, too: `exit` unwinds, a signal alone does not.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
sys.exit(main())

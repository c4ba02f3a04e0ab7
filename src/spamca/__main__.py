"""``python -m spamca``: the command without its script."""

from __future__ import annotations

import sys

from spamca.cli import main

if __name__ == "__main__":
    sys.exit(main())

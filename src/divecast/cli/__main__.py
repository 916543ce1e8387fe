"""``python -m divecast.cli``, the same as the ``divecast`` command."""

import sys

from divecast.cli.app import main

sys.exit(main())

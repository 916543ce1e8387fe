"""A service on a free port with a number of requests per batch; prints the port: MODEL WORKERS TOGETHER."""

import sys
from pathlib import Path

from divecast.service import ModelFile, Service, ServiceLimits, serve
from divecast.web import AccessRules, open_socket


def main() -> None:
    """Serve until SIGTERM."""
    model, workers, together = sys.argv[1:]
    limits = ServiceLimits(together=int(together))
    rules = AccessRules(None, None, limits.body_bytes, limits.body_seconds, limits.open, limits.open)
    with open_socket("127.0.0.1", 0) as bound:
        service = Service((ModelFile("model", Path(model)),), rules, limits)
        serve(service, bound, int(workers), lambda _: print(bound.getsockname()[1], flush=True))


if __name__ == "__main__":
    main()

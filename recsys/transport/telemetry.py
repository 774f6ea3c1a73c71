"""What is counted and timed while the product serves; every process adds to the same folder of files.

The supervisor names the folder by PROMETHEUS_MULTIPROC_DIR; without it each process counts for itself.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Histogram(
    "tandem_request_seconds",
    "Seconds from a request to its answer, by view and class of status.",
    ["view", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10),
)
IN_FLIGHT: Final = Gauge(
    "tandem_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum"
)
SLATES: Final = Counter(
    "tandem_slates_total", "Slates served, by surface and mode.", ["surface", "mode"]
)
FUSES: Final = Histogram(
    "tandem_fuse_seconds",
    "Seconds that a worker took to make a slate.",
    ["surface"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5),
)

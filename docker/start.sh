#!/bin/sh
# Begins a container of the web image: its processes count in one folder, and what those of an earlier start left goes.
set -eu
rm -rf "$PROMETHEUS_MULTIPROC_DIR"
mkdir -m 700 "$PROMETHEUS_MULTIPROC_DIR"
exec "$@"

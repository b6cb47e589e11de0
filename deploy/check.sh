#!/usr/bin/env bash
# Check what `make test` cannot without tools that are not Python packages: the alert rules and the Dockerfile.
# Needs promtool (Prometheus 2.42 or later) and hadolint on the PATH, or named by PROMTOOL and HADOLINT.
set -euo pipefail
cd "$(dirname "$0")"
promtool=${PROMTOOL:-promtool}
hadolint=${HADOLINT:-hadolint}
for tool in "$promtool" "$hadolint"; do
  command -v "$tool" > /dev/null || { echo "could not check: $tool is missing" >&2; exit 3; }
done
"$promtool" check config prometheus/prometheus.yml
"$promtool" test rules prometheus/rules_test.yml
"$hadolint" Dockerfile
echo "deploy: all good"

#!/usr/bin/env bash
# Make the secrets that docker-compose.yml wants, each in a file of its own; keeps those that exist.
# The HMAC key must never change: identifiers hashed with another key are other identifiers. Keep a copy of it.
set -euo pipefail
cd "${1:-$(dirname "$0")/secrets}"
umask 077
for name in clickhouse_writer_password clickhouse_migrator_password clickhouse_analyst_password hmac_key; do
  if [ ! -e "$name" ]; then
    head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' > "$name"
    echo "made $name"
  fi
  # Compose mounts secrets with the owner and mode of the file; the containers run as other users.
  chmod 0444 "$name"
done
# The same passwords for ClickHouse, whose users.xml takes them from the environment; no password has the hash of zeros.
{
  for role in writer migrator analyst; do
    echo "CXSTREAM_CLICKHOUSE_${role^^}_PASSWORD=$(cat "clickhouse_${role}_password")"
  done
  echo "CXSTREAM_CLICKHOUSE_DEFAULT_PASSWORD_SHA256=$(printf '0%.0s' {1..64})"
} > clickhouse.env

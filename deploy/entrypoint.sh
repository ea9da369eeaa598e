#!/bin/sh
# What a container runs: `amends` with the words that it is given.
#
# A stage that its brake has stopped ends with 3. Docker knows no exit code that it leaves alone: it would start the
# stage again and again, and each start sets more records aside. So the container stays, without a service in it and
# unhealthy, until somebody has looked and restarts it.
set -u

# Whoever types a command wants its input, its terminal and its exit code.
[ "${1:-}" = run ] || exec amends "$@"

service=
end() { [ -z "$service" ] || kill -TERM "$service" 2>/dev/null; }
trap end TERM INT
amends "$@" &
service=$!
wait "$service"
code=$?
# A signal ends the waiting before the service has ended.
while kill -0 "$service" 2>/dev/null; do
  wait "$service"
  code=$?
done

if [ "$code" -eq 3 ]; then
  echo "$2 has stopped itself and is left alone: mend what it says above, then restart this container" >&2
  sleep infinity &
  service=$!
  wait
  exit 3
fi
exit "$code"

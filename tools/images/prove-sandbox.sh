#!/bin/sh
# Runs a driver and its sandbox as two containers of a task would be: users of their own, a process and a mount
# namespace of the sandbox's own, no capabilities, one network. Then a program in the sandbox attacks the driver.
#   tools/images/prove-sandbox.sh
# Needs Linux, root, util-linux (unshare, setpriv), python3, and the generator built: npm run build -w packages/generator
set -eu
fail() { echo "prove-sandbox.sh: $1" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "Two users and namespaces need root."
cd "$(dirname "$0")/../.."
root=$PWD node=$(readlink -f node_modules/.bin/node)
[ -e packages/generator/dist/sandbox.js ] || fail "Build the generator first: npm run build -w packages/generator"
folder=$(mktemp -d)
chmod 711 "$folder"
trap 'kill "$driver" "$sandbox" 2>/dev/null || true; rm -rf "$folder"' EXIT
driver= sandbox=
as() { user=$1; shift; exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --bounding-set=-all "$@"; }
port() { "$node" -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
token=leo_at_secret-of-the-attempt credential=sk-ant-secret-of-the-operator
gateway=$(port) host=$(port)
key=$("$node" -e 'console.log(require("crypto").createHmac("sha256",process.argv[1]).update("leo-sandbox").digest("base64url"))' "$token")
mkdir "$folder/run"
chown 12001 "$folder/run"

# The sandbox: its host, and later the attack, see no process but their own.
export root node folder key gateway host
cat >"$folder/sandbox.sh" <<'SANDBOX'
as() { exec setpriv --reuid 12001 --regid 12001 --clear-groups --no-new-privs --bounding-set=-all "$@"; }
as env -i PATH="$PATH" LEO_SANDBOX_KEY="$key" LEO_SANDBOX_PORT="$host" LEO_WORKSPACE_ROOT="$folder/run" \
  "$node" "$root/packages/generator/dist/sandbox.js" &
until [ -e "$folder/attack" ]; do sleep 0.1; done
cd / && as env -i PATH="$PATH" "$node" "$root/tools/images/attack-sandbox.mjs" $(cat "$folder/attack") <"$folder/secrets"
SANDBOX
unshare --pid --mount --fork --kill-child --mount-proc sh "$folder/sandbox.sh" >"$folder/attack.log" 2>&1 &
sandbox=$!

# The driver (its process is $driver): nobody answers as its orchestrator, so it waits for its work with all that it holds.
as 12000 env -i PATH="$PATH" LEO_ATTEMPT_TOKEN="$token" ANTHROPIC_API_KEY="$credential" GATEWAY_PORT="$gateway" \
  LEO_SANDBOX_PORT="$host" LEO_GENERATOR_URL=ws://127.0.0.1:9/ws/generator \
  /bin/bash packages/generator/hide-environment.sh "$node" --disable-sigusr1 packages/generator/dist/main.js \
  >"$folder/driver.log" 2>&1 &
driver=$!
tries=0
until grep -qs sandbox_ready "$folder/driver.log"; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { cat "$folder/driver.log" "$folder/attack.log"; fail "The driver did not reach its sandbox."; }
  sleep 0.1
done
kill -0 "$driver"
echo "$token $credential" >"$folder/secrets"
echo "$driver $host $gateway" >"$folder/attack.new"
mv "$folder/attack.new" "$folder/attack"
code=0
wait "$sandbox" || code=$?
cat "$folder/attack.log"
exit "$code"

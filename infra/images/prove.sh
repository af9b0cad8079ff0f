#!/bin/sh
# Builds both images without a Docker daemon, says how large they are, and runs them: the orchestrator
# answers, and a generation with the scripted model goes through the generator's image to a preview.
# Needs root, `apt-get install buildah debootstrap`, 12 GB of disk in $TMPDIR and about ten minutes.
#   infra/images/prove.sh [KEPT_FOLDER]
set -eu
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"
folder=${1:-$(mktemp -d -t leo-images.XXXXXX)}
mkdir -p "$folder/tmp"
export TMPDIR="$folder/tmp"
export BUILDAH="buildah --root $folder/storage --runroot $folder/run --storage-driver vfs"
[ $# -gt 0 ] || trap 'rm -rf "$folder"' EXIT

base=localhost/leo-proof-base
$BUILDAH inspect --type image "$base" >/dev/null 2>&1 || sh infra/images/base.sh "$folder" "$base"

# Unpacked: the sum of the layers. Packed: the same layers with gzip, as a registry keeps them.
size() {
  unpacked=$($BUILDAH images --format '{{.Size}}' "$1")
  rm -rf "$folder/packed"
  $BUILDAH push --quiet "$1" "oci:$folder/packed"
  packed=$(du -sm "$folder/packed" | cut -f1)
  rm -rf "$folder/packed"
  echo "$1: $unpacked unpacked, $packed MB packed"
}

for pair in orchestrator:leo-saas-app generator:leo; do
  package=${pair%%:*} image=${pair##*:}
  $BUILDAH bud --quiet --isolation chroot --format docker --build-arg NODE_IMAGE="$base" \
    -f "packages/$package/Dockerfile" -t "$image" . >"$folder/$image.log" 2>&1 || { tail -40 "$folder/$image.log"; exit 1; }
done
for image in "$base" leo-saas-app leo; do size "$image"; done
node infra/images/run-images.ts

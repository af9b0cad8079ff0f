#!/bin/sh
# Builds both images without a Docker daemon, prints their sizes, and runs them: the orchestrator answers,
# and a generation with the scripted model goes through the generator's image to a preview.
#   tools/images/prove.sh [--arch arm64|x86_64] [KEPT_FOLDER]
# Without --arch it builds for this machine. For another architecture the target's programs run under
# QEMU, as they do in `docker buildx build`.
# Needs root, `apt-get install buildah debootstrap` (for another architecture also `qemu-user-static
# binfmt-support`), 12 GB of disk in $TMPDIR and about ten minutes; three times as long under QEMU.
set -eu
fail() { echo "prove.sh: $1" >&2; exit 2; }

docker_architecture() {
  case $1 in
    arm64 | aarch64) echo arm64 ;;
    x86_64 | amd64) echo amd64 ;;
    *) fail "--arch is arm64 or x86_64, not \"$1\"." ;;
  esac
}
native=$(docker_architecture "$(uname -m)")
architecture=$native folder=
while [ $# -gt 0 ]; do
  case $1 in
    --arch) [ $# -gt 1 ] || fail "--arch needs a value: arm64 or x86_64."; architecture=$(docker_architecture "$2"); shift ;;
    -*) fail "There is no option $1; usage: prove.sh [--arch arm64|x86_64] [KEPT_FOLDER]." ;;
    *) [ -z "$folder" ] || fail "There is one folder at most; \"$1\" is a second one."; folder=$1 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || fail "Building without Docker needs root."
for program in buildah debootstrap; do
  command -v "$program" >/dev/null || fail "$program is missing: apt-get install buildah debootstrap."
done

# The kernel hands the target's programs to QEMU, inside a chroot too (flag F).
interpreter=/proc/sys/fs/binfmt_misc/qemu-$(echo "$architecture" | sed 's/arm64/aarch64/;s/amd64/x86_64/')
if [ "$architecture" != "$native" ] && [ ! -e "$interpreter" ]; then
  mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null || true
  update-binfmts --enable "$(basename "$interpreter")" || true
  [ -e "$interpreter" ] || fail "This machine cannot run $architecture: apt-get install qemu-user-static binfmt-support."
fi

cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"
[ -n "$folder" ] || { folder=$(mktemp -d -t leo-images.XXXXXX); trap 'rm -rf "$folder"' EXIT; }
mkdir -p "$folder/tmp"
export TMPDIR="$folder/tmp"
export BUILDAH="buildah --root $folder/storage --runroot $folder/run --storage-driver ${STORAGE_DRIVER:-vfs}"

# One name with the base for each architecture, as the official image has.
base=localhost/leo-proof-base
for each in $(printf '%s\n' "$native" "$architecture" | sort -u); do
  $BUILDAH inspect --type image "$base-$each" >/dev/null 2>&1 ||
    sh tools/images/base.sh "$folder" "$base-$each" "$each"
done
$BUILDAH manifest rm "$base" >/dev/null 2>&1 || true
$BUILDAH manifest create "$base" >/dev/null
for each in $(printf '%s\n' "$native" "$architecture" | sort -u); do
  $BUILDAH manifest add --arch "$each" --os linux "$base" "containers-storage:$base-$each" >/dev/null
done

# Unpacked: the sum of the layers. Packed: as the deploy pushes them, zstd at its best level.
size() {
  unpacked=$($BUILDAH images --format '{{.Size}}' "$1")
  rm -rf "$folder/packed"
  $BUILDAH push --quiet --format oci --compression-format zstd --compression-level 19 "$1" "oci:$folder/packed"
  packed=$(du -s --block-size=1000000 "$folder/packed" | cut -f1)
  rm -rf "$folder/packed"
  echo "$1 $architecture: $unpacked unpacked, $packed MB packed with zstd"
}

for pair in orchestrator:leo-saas-app generator:leo; do
  package=${pair%%:*} image=${pair##*:}
  $BUILDAH bud --quiet --isolation chroot --format docker --pull-never --platform "linux/$architecture" \
    --build-arg NODE_IMAGE="$base" -f "packages/$package/Dockerfile" -t "$image" . \
    >"$folder/$image.log" 2>&1 || { tail -40 "$folder/$image.log"; exit 1; }
done
for image in "$base-$architecture" leo-saas-app leo; do size "$image"; done
node tools/images/run-images.ts

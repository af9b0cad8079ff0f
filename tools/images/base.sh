#!/bin/sh
# Makes a base image like node:24-bookworm-slim without an image registry: Debian from debootstrap, Node
# from the npm package of the architecture, and npm 11, which Node 24 ships with. Called by prove.sh.
#   base.sh FOLDER IMAGE ARCHITECTURE      (amd64 or arm64; buildah's own options in $BUILDAH)
set -eu
folder=$1 image=$2 architecture=$3
root=$folder/base-$architecture
cpu=$(echo "$architecture" | sed s/amd64/x64/)
node=$(node -p process.versions.node)

rm -rf "$root"
debootstrap --arch="$architecture" --variant=minbase --include=ca-certificates bookworm "$root" \
  http://deb.debian.org/debian >"$folder/debootstrap-$architecture.log" 2>&1 ||
  { tail -20 "$folder/debootstrap-$architecture.log"; exit 1; }
# The security archive has the browser's current version.
echo "deb http://deb.debian.org/debian-security bookworm-security main" >"$root/etc/apt/sources.list.d/security.list"
# As the official slim image: no documentation and no translations, now or from later packages.
printf 'path-exclude %s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' >"$root/etc/dpkg/dpkg.cfg.d/slim"
for waste in var/cache/apt var/lib/apt/lists usr/share/doc usr/share/man usr/share/locale; do
  find "${root:?}/$waste" -mindepth 1 -delete
done
packages=$(mktemp -d "$folder/npm.XXXX")
(
  cd "$packages"
  npm pack --silent npm@11 "node-linux-$cpu@$node" >/dev/null
  mkdir npm node
  tar -xzf npm-*.tgz -C npm
  tar -xzf "node-linux-$cpu"-*.tgz -C node
)
cp "$packages/node/package/bin/node" "$root/usr/local/bin/node"
mkdir -p "$root/usr/local/lib/node_modules"
mv "$packages/npm/package" "$root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 node
# A machine behind a proxy with a certificate of its own: the build must trust what the machine trusts.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

container=$($BUILDAH from --platform "linux/$architecture" scratch)
$BUILDAH add --quiet "$container" "$root" / >/dev/null
$BUILDAH config --arch "$architecture" --os linux \
  --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --cmd node "$container"
$BUILDAH commit --quiet --rm "$container" "$image" >/dev/null
rm -rf "$root" "$packages"

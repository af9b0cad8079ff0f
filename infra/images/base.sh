#!/bin/sh
# Makes a base image like node:24-bookworm-slim without a registry of images: Debian from debootstrap,
# Node from the npm package "node", npm 11, which Node 24 brings along. Called by prove.sh.
#   base.sh FOLDER IMAGE      (buildah's own options in $BUILDAH)
set -eu
folder=$1 image=$2
root=$folder/base
node=$(node -p process.execPath)

debootstrap --variant=minbase --include=ca-certificates bookworm "$root" http://deb.debian.org/debian >"$folder/debootstrap.log" 2>&1
# The security archive has the browser's current version.
echo "deb http://deb.debian.org/debian-security bookworm-security main" >"$root/etc/apt/sources.list.d/security.list"
# As the official slim image: no documentation and no translations, now or from later packages.
printf 'path-exclude %s\n' '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/locale/*' >"$root/etc/dpkg/dpkg.cfg.d/slim"
for waste in var/cache/apt var/lib/apt/lists usr/share/doc usr/share/man usr/share/locale; do
  find "${root:?}/$waste" -mindepth 1 -delete
done
cp "$node" "$root/usr/local/bin/node"
strip_npm=$(mktemp -d "$folder/npm.XXXX")
(cd "$strip_npm" && npm pack --silent npm@11 >/dev/null && tar -xzf npm-*.tgz)
mkdir -p "$root/usr/local/lib/node_modules"
mv "$strip_npm/package" "$root/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 node
# A machine behind a proxy with a certificate of its own: the build must trust what the machine trusts.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

container=$($BUILDAH from scratch)
$BUILDAH add --quiet "$container" "$root" / >/dev/null
$BUILDAH config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --cmd node "$container"
$BUILDAH commit --quiet --rm "$container" "$image" >/dev/null
rm -rf "$root" "$strip_npm"

#!/bin/sh
# Builds the images of the container tests without pulling anything: the local node binary, the libraries it is linked
# to, and the servers in test/fixtures/images. Prints one image name a line. Does nothing when the inputs are unchanged.
set -eu

cd "$(dirname "$0")/.."
fixtures=test/fixtures/images
prefix=localhost/sallyport-test
node=$(readlink -f "$(command -v node)")
inputs=$(cat "$0" "$fixtures"/*.mjs | cat - "$node" | sha256sum | cut -c1-16)

is_current() {
  [ "$(podman image inspect --format '{{index .Config.Labels "sallyport.test.inputs"}}' "$1" 2>/dev/null)" = "$inputs" ]
}

make_root() {
  mkdir -p "$1/usr/bin" "$1/app" "$1/etc" "$1/tmp" "$1/run" "$1/data"
  cp "$node" "$1/usr/bin/node"
  ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$1$(dirname "$library")"
    cp -L "$library" "$1$library"
  done
  cp "$fixtures"/*.mjs "$1/app/"
  printf 'root:x:0:0:root:/:/bin/false\nnode:x:1000:1000:node:/:/bin/false\n' >"$1/etc/passwd"
}

# variant <name> <Containerfile lines>
variant() {
  printf 'FROM %s/base:1\n%s\nLABEL sallyport.test.inputs=%s\n' "$prefix" "$2" "$inputs" |
    podman build --quiet --pull=never --format docker --tag "$prefix/$1:1" --file - "$work/context" >/dev/null
}

exec 9>"${TMPDIR:-/tmp}/sallyport-test-images.lock"
flock 9 # test files start side by side and each asks for the images

if ! { is_current "$prefix/stdio:1" && is_current "$prefix/http:1" && is_current "$prefix/crash:1" && is_current "$prefix/health:1"; }; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/root" "$work/context"
  make_root "$work/root"
  tar -C "$work/root" -c . | podman import --quiet - "$prefix/base:1" >/dev/null
  variant stdio 'ENTRYPOINT ["/usr/bin/node"]
CMD ["/app/stdio.mjs"]'
  variant http 'ENTRYPOINT ["/usr/bin/node"]
CMD ["/app/http.mjs"]
EXPOSE 3000'
  variant crash 'CMD ["/usr/bin/node", "/app/crash.mjs"]'
  variant health 'ENV READY_FILE=/tmp/ready
ENTRYPOINT ["/usr/bin/node"]
CMD ["/app/http.mjs"]
HEALTHCHECK --interval=30s CMD ["/usr/bin/node", "/app/health.mjs"]'
fi

for name in stdio http crash health; do
  echo "$prefix/$name:1"
done

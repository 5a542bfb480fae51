#!/usr/bin/env bash
# Tries a package in a bare Debian 12 of its own: check-deb.sh PACKAGE.deb FILE...
#
# FILE... are what make run-demo needs. Nothing stays mounted: mounts are in a namespace that ends
# with this script.
set -euo pipefail
if [ -z "${CHECK_DEB_NAMESPACE:-}" ]; then
  [ "$(id -u)" -eq 0 ] || { echo "making a Debian of its own needs root" >&2; exit 1; }
  CHECK_DEB_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
fi
package=$(realpath "$1")
shift

root=$(mktemp -d)
trap 'umount "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"; }
as_user() { chroot --userspec=nobody:nogroup "$root" env -i PATH=/usr/bin:/bin "$@"; }
install() {
  inside DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get -qq install -y \
    --no-install-recommends -o Dpkg::Use-Pty=0 "$@"
}
# Every file, but for those that apt, dpkg and ldconfig keep about all packages.
files() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./demo -o -path ./var/log \
    -o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \) -prune -o -print) \
    | LC_ALL=C sort
}

echo "a bare Debian:"
debootstrap --variant=minbase bookworm "$root" > "$root.log" 2>&1 \
  || { tail -n 20 "$root.log" >&2; exit 1; }
rm -f "$root.log"
chmod 755 "$root"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir "$root/demo"
cp -R "$@" "$root/demo"
chroot "$root" chown -R nobody:nogroup /demo
install make zsh fish bash-completion > /dev/null
files > "$root/tmp/before"

echo "installed:"
cp "$package" "$root/tmp"
install "/tmp/$(basename "$package")" > /dev/null
tools=$(inside dpkg -L stm-tools | sed -n 's|^/usr/bin/||p')
inside dpkg -s stm-tools | grep -E '^(Version|Installed-Size|Depends):'

for tool in $tools; do
  as_user "$tool" --version > /dev/null
  [ -e "$root/usr/share/man/man1/$tool.1.gz" ]
  inside bash -n "/usr/share/bash-completion/completions/$tool"
  inside bash -c '. /usr/share/bash-completion/bash_completion
    _completion_loader "$0" || [ $? -eq 124 ]; complete -p "$0"' "$tool" > /dev/null
  inside zsh -c 'autoload -Uz compinit && compinit -u -D && [[ -n ${_comps[$0]} ]]' "$tool"
  inside HOME=/tmp fish -c "complete -C '$tool --'" | grep '^--help' > /dev/null
done
echo "manuals and completions of" $tools

echo "the demo, as an ordinary user:"
as_user make -s -C /demo run-demo TOOLS=/usr/bin > "$root/tmp/demo.log" 2>&1 \
  || { tail -n 20 "$root/tmp/demo.log" >&2; exit 1; }
tail -n 1 "$root/tmp/demo.log"

echo "removed:"
inside apt-get -qq purge -y --auto-remove -o Dpkg::Use-Pty=0 stm-tools > /dev/null
diff "$root/tmp/before" <(files) || { echo "the package left or took the files above" >&2; exit 1; }
echo "nothing is left"

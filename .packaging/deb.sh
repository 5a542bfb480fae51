#!/usr/bin/env bash
# Makes a Debian package of what is installed under FOLDER/root:
# deb.sh FOLDER CHANGELOG CHECKOUTS OUTPUT.deb
#
# Version and date are those of the newest entry of CHANGELOG, what it depends on is what
# dpkg-shlibdeps finds, and the licences of the packages in CHECKOUTS and of Swift are put beside.
set -euo pipefail
folder=$1 changelog=$(realpath "$2") checkouts=$(realpath "$3") output=$(realpath -m "$4")
sources=$(realpath "$(dirname "$0")")/debian
swift=$(dirname "$(realpath "$(command -v swift)")")/../share/swift/LICENSE.txt

cd "$folder"
mkdir -p debian root/DEBIAN root/usr/share/doc/stm-tools
cp "$sources/control" debian/control
maintainer=$(sed -n 's/^Maintainer: //p' debian/control)

# An entry `## VERSION - DAY` with items `- **Area**: text`, as Debian writes changelogs.
sign() { [ -z "${day:-}" ] || printf '\n -- %s  %s\n\n' "$maintainer" "$(date -u -R -d "$day")"; }
{
  while IFS= read -r line; do
    case $line in
      '## '*)
        sign
        read -r _ version _ day <<< "$line"
        printf 'stm-tools (%s) unstable; urgency=medium\n\n' "$version"
        ;;
      '- '*) printf '  * %s\n' "${line#- }" ;;
      '  '*) printf '  %s\n' "$line" ;;
    esac
  done < <(sed 's/\*\*//g; s/`//g' "$changelog")
  sign
} > debian/changelog

{
  cat "$sources/copyright"
  for file in "$swift" "$checkouts"/*/{LICENSE,NOTICE}*; do
    [ -e "$file" ] || continue
    name=$(basename "$(dirname "$file")")
    printf '\n%s\n%s: %s\n%s\n\n' "$(printf -- '-%.0s' {1..78})" "$name" "$(basename "$file")" \
      "$(printf -- '-%.0s' {1..78})"
    cat "$file"
  done
} > root/usr/share/doc/stm-tools/copyright
gzip -9n < debian/changelog > root/usr/share/doc/stm-tools/changelog.gz
gzip -9n root/usr/share/man/man1/*.1

dpkg-shlibdeps root/usr/bin/*
dpkg-gencontrol -Proot
(cd root && find usr -type f | LC_ALL=C sort | xargs md5sum > DEBIAN/md5sums)

export SOURCE_DATE_EPOCH DPKG_DEB_THREADS_MAX=1
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -S Timestamp)
find root -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz -z1 --build root "$output"

#!/usr/bin/env bash
# Puts programs, manuals and completions into STAGE: stage.sh BUILD STAGE VERSION DAY TOOL...
#
# BUILD is the scratch path of a static release build, with swift-argument-parser's generate-manual
# below BUILD/manual; VERSION and DAY (yyyy-mm-dd) are what the manuals state.
set -euo pipefail
build=$1 stage=$2 version=$3 day=$4
shift 4

# The name of a month is the locale's.
export LC_ALL=C TZ=UTC

# generate-manual copies paragraphs and indented lines, which mdoc(7) would fill.
finish() {
  awk -v version="$version" '
    /^\.Os$/ { print ".Os stm-tools " version; next }
    /^  / { if (!shown++) print ".Bd -unfilled -compact"; print; next }
    shown { print ".Ed"; shown = 0 }
    /^$/ { print ".Pp"; next }
    { print }
  '
}

rm -rf "$stage"
mkdir -p "$stage"/{bin,man,bash,zsh,fish}
for tool; do
  cp "$build/release/$tool" "$stage/bin/$tool"
  "$build/manual/release/generate-manual" "$stage/bin/$tool" --date "$day" -o - \
    | finish > "$stage/man/$tool.1"
  "$stage/bin/$tool" --generate-completion-script bash > "$stage/bash/$tool"
  "$stage/bin/$tool" --generate-completion-script zsh > "$stage/zsh/_$tool"
  "$stage/bin/$tool" --generate-completion-script fish > "$stage/fish/$tool.fish"
done

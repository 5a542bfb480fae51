#!/usr/bin/env bash
# Makes the guide and the documentation of every floor, as the release build in SCRATCH knows it, into
# one site of static pages. Every warning is a failure: a link that leads nowhere, a parameter that is
# not there.
#
# usage: Tests/Documentation/site.sh SCRATCH OUT
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$1
out=$2
work=.build/documentation
rm -rf "$work" "$out"
mkdir -p "$work"
Tests/Documentation/symbols.sh "$scratch" "$work/symbols"
python3 Tests/Documentation/catalogs.py "$work/catalogs"
python3 Tests/Documentation/undocumented.py "$work"/symbols/*/*.symbols.json

archives=()
mistaken=()
for floor in Guide $(Tests/Documentation/floors.sh); do
  archive=$work/$floor.doccarchive
  parts=()
  [[ ! -d $work/catalogs/$floor.docc ]] || parts+=("$work/catalogs/$floor.docc")
  [[ ! -d $work/symbols/$floor ]] ||
    parts+=(--additional-symbol-graph-dir "$work/symbols/$floor")
  docc convert "${parts[@]}" --warnings-as-errors \
    --fallback-display-name "$floor" --fallback-bundle-identifier "$floor" \
    --transform-for-static-hosting --output-dir "$archive" > "$work/$floor.log" 2>&1 || {
    cat "$work/$floor.log" >&2
    mistaken+=("$floor")
    continue
  }
  archives+=("$archive")
done
if ((${#mistaken[@]})); then
  echo "the documentation of ${mistaken[*]} has mistakes" >&2
  exit 1
fi
docc merge "${archives[@]}" --synthesized-landing-page-name stm-tools \
  --synthesized-landing-page-kind Package --synthesized-landing-page-topics-style list \
  --output-path "$out" > "$work/merge.log"
python3 Tests/Documentation/front.py "$out"
echo "documentation: the guide and $((${#archives[@]} - 1)) floors, without a warning, in $out"

#!/usr/bin/env bash
# Writes the public symbols of every floor, as the release build in SCRATCH knows them, to OUT/FLOOR.
#
# usage: Tests/Documentation/symbols.sh SCRATCH OUT
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$1
out=$2
build=$scratch/release

maps=(Sources/*/module.modulemap "$build"/*.build/module.modulemap
  "$scratch"/checkouts/*/Sources/*/include/module.modulemap)
flags=()
for map in "${maps[@]}"; do
  [[ ! -e $map ]] || flags+=(-Xcc "-fmodule-map-file=$map")
done
for flag in $(pkg-config --cflags-only-I hdf5 libpng libjpeg libprotobuf-c) \
  -ISources/COnnxSchema/include; do
  flags+=(-Xcc "$flag")
done

for floor in $(Tests/Documentation/floors.sh); do
  rm -rf "${out:?}/$floor"
  mkdir -p "$out/$floor"
  swift symbolgraph-extract -module-name "$floor" -I "$build/Modules" "${flags[@]}" \
    -target "$(uname -m)-unknown-linux-gnu" -minimum-access-level public \
    -skip-synthesized-members -output-dir "$out/$floor"
done

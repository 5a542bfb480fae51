#!/bin/sh
# fuzz.sh BUILD SECONDS PARSER...: runs libFuzzer for so long on each parser; a parser's first finding
# ends it, and its input is left in BUILD/findings. What was reached is kept in BUILD/reached.
#
# In hdf5, faults of libhdf5 are expected: libFuzzer goes on after them, and stm-convert, of BUILD's
# neighbour, must read or refuse each input that led to one.
set -eu
build=$1 seconds=$2
shift 2
tests=$(dirname "$0")/..

seeds() {
  case $1 in
  onnx) find "$tests/OnnxFilesTests" "$tests/OnnxExecutionTests" -name '*.onnx' ;;
  onnx-tensor) find "$tests/OnnxFilesTests" -name '*.pb' ;;
  hdf5) find "$tests/HDF5FilesTests" -name '*.h5' ;;
  keras) find "$tests/KerasFilesTests" "$tests/HostileInputTests/Fixtures/keras" -name '*.keras' ;;
  pytorch) find "$tests/PyTorchFilesTests" -name '*.pt*' ! -name '*-legacy.pth' ;;
  pytorch-legacy) find "$tests/PyTorchFilesTests" -name '*-legacy.pth' ;;
  safetensors) find "$tests/SafetensorsTests" -name '*.safetensors' ;;
  npy | npz) find "$tests/NumpyFilesTests" -name "*.$1" ;;
  zip) find "$tests/ZipFilesTests" "$tests/NumpyFilesTests" -name '*.zip' -o -name '*.npz' ;;
  png) find "$tests/ImagesTests" -name '*.png' ;;
  jpeg) find "$tests/ImagesTests" -name '*.jpg' ;;
  *) find "$tests/HostileInputTests/Fixtures/$1" -type f ;;
  esac
}

# A leak stops the run as a crash does. Swift's own report of a crash would only hold it up.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=quarantine_size_mb=8:detect_leaks=1
export LSAN_OPTIONS=suppressions=$tests/Fuzz/leaks.txt:print_suppressions=0

# Each input is written to a file in memory.
FOLDER=$(mktemp -d /dev/shm/stm-fuzz.XXXXXX)
export FOLDER
trap 'rm -rf "$FOLDER"' EXIT INT TERM

# Beside what a parser takes, 512 MiB hold AddressSanitizer's own memory; no single allocation may
# take 256.
fuzz() {
  parser=$1 left=$2
  shift 2
  PARSER=$parser "$build/release/fuzz" "$build/reached/$parser" "$build/seeds/$parser" \
    -seed=1 -max_len=1048576 -timeout=1 -rss_limit_mb=512 -malloc_limit_mb=256 \
    -max_total_time="$left" -print_final_stats=1 -artifact_prefix="$build/findings/$parser-" \
    "$@" >>"$build/logs/$parser" 2>&1
}

# libFuzzer's clock runs on while the machine does something else. An input that was late, but is read
# in time by itself, is no finding: the run goes on for the rest of its time.
fuzz_in_time() {
  end=$(($(date +%s) + seconds))
  remaining=$seconds
  until fuzz "$1" "$remaining"; do
    late=$(sed -n 's/.*Test unit written to \(.*-timeout-.*\)/\1/p' "$build/logs/$1" | tail -n 1)
    [ -n "$late" ] && [ -e "$late" ] &&
      PARSER=$1 "$build/release/fuzz" -timeout=1 "$late" >>"$build/logs/$1" 2>&1 || return 1
    rm "$late"
    remaining=$((end - $(date +%s)))
    [ "$remaining" -gt 0 ] || return 0
  done
}

# Without AddressSanitizer: what the parser takes for whatever was reached.
replay() {
  find "$build/reached/$1" "$build/seeds/$1" -type f -print0 |
    xargs -0 -n 100000 "$build/../replay/release/replay" "$1" >>"$build/logs/$1" 2>&1
}

fuzz_libhdf5() {
  fuzz hdf5 "$seconds" -fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 || true
  ! grep -q 'Fatal error' "$build/logs/hdf5" || return 1
  count=0
  for input in "$build"/findings/hdf5-*; do
    [ -e "$input" ] || continue
    count=$((count + 1))
    status=0
    timeout 60 "$build/../release/stm-convert" inspect "$input" >/dev/null 2>&1 || status=$?
    [ $status = 0 ] || [ $status = 65 ] || {
      echo "ERROR: stm-convert inspect $input: status $status" >>"$build/logs/hdf5"
      return 1
    }
  done
  echo "$count faults of libhdf5, none of them stm-convert's"
}

failed=
for parser in "$@"; do
  rm -rf "$build/seeds/$parser"
  mkdir -p "$build/seeds/$parser" "$build/reached/$parser" "$build/findings" "$build/logs"
  seeds "$parser" | while read -r file; do
    [ "$(wc -c <"$file")" -gt 65536 ] || cp "$file" "$build/seeds/$parser/$(echo "$file" | md5sum | cut -c1-12)"
  done
  if [ -d "$tests/Fuzz/corpus/$parser" ]; then cp "$tests/Fuzz/corpus/$parser"/* "$build/seeds/$parser"; fi
  : >"$build/logs/$parser"
  echo "$parser: $seconds s"
  case $parser in
  hdf5) fuzz_libhdf5 ;;
  *) fuzz_in_time "$parser" && replay "$parser" ;;
  esac || {
    failed="$failed $parser"
    grep -m1 -E 'ERROR: |Fatal error' "$build/logs/$parser" || tail -n 5 "$build/logs/$parser"
    grep 'Test unit written' "$build/logs/$parser" || true
  }
  grep -E '^#[0-9]+.*cov:' "$build/logs/$parser" | tail -n 1
  grep 'MiB in memory' "$build/logs/$parser" || true
done
[ -z "$failed" ] || { echo "findings in:$failed; see $build/findings and $build/logs" >&2; exit 1; }

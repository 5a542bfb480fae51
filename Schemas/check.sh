#!/bin/sh
# Holds the reports of `make demo` against their schemas (Debian: python3-jsonschema), and opens its
# pages where there is a Chromium.
#
#     Schemas/check.sh FOLDER
#
# FOLDER holds import.json, inspection.json, difference.json, golden.json, recording.json, source.json,
# calibration.json, statistics.json, sensitivity.json, quantization.json, mixed.json, fp16.json,
# bf16.json, w8.json, int8.json, check.json, plan.json, export.json, profile.json, evaluation.json,
# location.json, repetition.json, bisection.json, repro.json, case/case.json,
# comparison.json, set/roll-up.json, set/clips/sample.json, run/report.json, fp16.html, int8.html,
# evaluation.html and run/curves.html.
set -eu

schemas=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:?"usage: Schemas/check.sh FOLDER"}

check() {
  jsonschema -i "$folder/$1.json" "$schemas/$2.schema.json"
  echo "$folder/$1.json is a valid $2"
}

check import import-report
check inspection inspection-report
check difference difference-report
check golden golden-report
check recording golden-recording
check source source-report
check calibration calibration-report
check statistics calibration-statistics
check sensitivity sensitivity-report
check quantization quantization-report
check mixed quantization-report
check fp16 clip-report
check bf16 clip-report
check int8 clip-report
check w8 clip-report
check check half-precision-report
check plan plan-report
check export export-report
check profile profile-report
check evaluation evaluation-report
check location location-report
check repetition repetition-report
check bisection bisection-report
check repro repro-report
check case/case repro-case
check comparison report-comparison
check set/roll-up clip-set-report
check set/clips/sample clip-report
check run/report training-report

"$schemas/check-page.sh" "$folder/fp16.html" "$folder/int8.html" "$folder/evaluation.html" \
  "$folder/run/curves.html"

#!/usr/bin/env bash
# Prints the names of the floors, from the lowest to the highest, as Package.swift has them.
set -euo pipefail
cd "$(dirname "$0")/../.."
tr -d '\n' < Package.swift | grep -oP '\bfloor\(\s*"\K\w+'

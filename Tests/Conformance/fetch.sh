#!/bin/sh
# Brings the ONNX project's own tests of operators: the folder onnx/backend/test/data of version
# 1.17.0 of the Python package onnx, 51 MB.
#
#     Tests/Conformance/fetch.sh FOLDER
#
# Needs python3 with pip. The tests are then under FOLDER/onnx/backend/test/data.
set -eu

folder=${1:?"usage: Tests/Conformance/fetch.sh FOLDER"}
wheel=onnx-1.17.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
digest=4a183c6178be001bf398260e5ac2c927dc43e7746e8638d6c05c20e321f8c949

mkdir -p "$folder"
if [ ! -f "$folder/$wheel" ]; then
  python3 -m pip download --quiet --no-deps --only-binary :all: --python-version 3.11 \
    --platform manylinux2014_x86_64 --dest "$folder" onnx==1.17.0
fi
echo "$digest  $folder/$wheel" | sha256sum --check --quiet
python3 - "$folder/$wheel" "$folder" <<'PYTHON'
import sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if name.startswith('onnx/backend/test/data/'):
            wheel.extract(name, sys.argv[2])
PYTHON
echo "$folder/onnx/backend/test/data"

#!/bin/sh
# Generates the C that reads ONNX messages from onnx.proto, with protobuf-c's compiler
# (Debian: protobuf-c-compiler).
#
#     Schemas/regenerate.sh [FOLDER]
#
# writes FOLDER/onnx.pb-c.c and FOLDER/include/onnx.pb-c.h; FOLDER is Sources/COnnxSchema unless
# given. The same schema gives the same bytes.
set -eu

schemas=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-"$schemas/../Sources/COnnxSchema"}

mkdir -p "$folder/include"
protoc-c --proto_path="$schemas" --c_out="$folder" "$schemas/onnx.proto"
mv "$folder/onnx.pb-c.h" "$folder/include/onnx.pb-c.h"

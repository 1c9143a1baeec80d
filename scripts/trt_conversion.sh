#!/usr/bin/env bash
# Convert a network to TensorRT (through ONNX) or TF-TRT (through a SavedModel), as far as this machine can.
#
#   scripts/trt_conversion.sh                                        # the latest run, fp16, batch 1
#   scripts/trt_conversion.sh --precision int8 --batch 1,8,32        # ranges in the ONNX file (QDQ); any batch to 32
#   scripts/trt_conversion.sh --precision fp16 --dla 0               # DLA core 0, the GPU for what it cannot do
#   scripts/trt_conversion.sh --precision best --trt_version 8.2.1   # for a Jetson Nano: a calibration cache of its TensorRT
#   scripts/trt_conversion.sh --model model_b1.onnx                  # on the board: what another machine wrote
#   scripts/trt_conversion.sh --engine tf-trt                        # in .venv-tf-trt, made if missing
#   scripts/trt_conversion.sh --help
#
# Exit code 0 done, 3 done as far as this machine allows (the last line, JSON, says what is left), 2 wrong input.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
python="$root/.venv/bin/python"
if [[ ! -x "$python" ]]; then
    echo "trt_conversion.sh: no environment holds what tfgait needs. Make it with: scripts/environment.sh" >&2
    exit 2
fi
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"
exec "$python" -m tfgait.cli trt "$@"

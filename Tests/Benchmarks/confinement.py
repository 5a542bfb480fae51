"""What it costs to read HDF5 in a confined process: stm-convert with and without --in-process.

usage: confinement.py TOOLS FOLDER MODEL [--rounds N] [--most R] [--report FILE]
needs: h5py numpy safetensors

The tensors of MODEL, a model file in fp32, are written as HDF5 twice: in one piece each, and in
chunks behind shuffle and gzip. Each is listed and imported in turns. Exits with 1 where the median
of a confined run takes more than R times as long as one in the tool's own process (1.15).
"""
import argparse
import pathlib
import statistics
import subprocess
import sys
import time

import h5py
from safetensors.numpy import load_file

import suite

LAYOUTS = {
    "contiguous": {},
    "shuffle, gzip": dict(chunks=True, shuffle=True, compression="gzip", compression_opts=4),
}


def write(tensors, path, options):
    with h5py.File(path, "w") as file:
        for name, values in tensors.items():
            file.create_dataset(name, data=values, **(options if values.ndim else {}))


def seconds(command):
    start = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    for name in ("tools", "folder", "model"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--most", type=float, default=1.15)
    parser.add_argument("--report", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    tensors = load_file(arguments.model)
    convert = arguments.tools / "stm-convert"
    rows, worst = [], 0.0
    for number, (layout, options) in enumerate(LAYOUTS.items()):
        path = arguments.folder / f"{number}.h5"
        write(tensors, path, options)
        outputs = [arguments.folder / f"{name}.safetensors" for name in ("confined", "own")]
        for task, command in {
            "inspect": lambda output: [convert, "inspect", path],
            "import": lambda output: [convert, path, "-o", output],
        }.items():
            times = ([], [])
            for _ in range(arguments.rounds):
                for flags, output, list in zip(([], ["--in-process"]), outputs, times):
                    list.append(seconds([*command(output), *flags]))
            confined, own = (statistics.median(list) for list in times)
            worst = max(worst, confined / own)
            rows.append([
                layout, task, f"{path.stat().st_size / 1e6:.0f}", f"{confined:.2f}", f"{own:.2f}",
                f"{confined / own:.2f}"])
        if outputs[0].read_bytes() != outputs[1].read_bytes():
            sys.exit(f"{path}: the models differ")
    text = "\n".join([
        suite.table(
            ["layout", "command", "MB", "confined, s", "in process, s", "ratio"], rows, text=2), "",
        f"Medians of {arguments.rounds} runs. {suite.machine(('h5py', 'numpy'))}.", ""])
    print(text)
    if arguments.report:
        arguments.report.write_text(text, encoding="utf-8")
    sys.exit(worst > arguments.most)


if __name__ == "__main__":
    main()

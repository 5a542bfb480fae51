"""A long video in bounded memory: time and memory of stm-segment from its first frames to its last.

usage: soak.py TOOLS MODEL FOLDER CLIP [--frames 2000] [--limit 8] [--policy bounded] [--threads 2]
               [--report FILE]
TOOLS holds stm-segment; FOLDER takes the video, which is CLIP forth and back as often as needed,
and its masks. Exits with 1 where the last 100 frames take more than 1.1 times as long as frames 100
to 199, or memory grows by more than 5 % between them.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import suite


def video(clip, folder, count):
    """A clip of `count` links to the frames of `clip`, which never jumps."""
    shutil.rmtree(folder, ignore_errors=True)
    frames = sorted((clip / "frames").iterdir())
    order = frames + frames[-2:0:-1]
    for name in ("frames", "masks"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        source = order[index % len(order)]
        os.symlink(source.resolve(), folder / "frames" / f"{index:05}{source.suffix}")
    os.symlink((clip / "masks" / f"{frames[0].stem}.png").resolve(),
               folder / "masks" / "00000.png")


def resident(process):
    """The bytes that a process has in memory; 0 once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except FileNotFoundError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in status.splitlines()
               if line.startswith("VmRSS:"))


def follow(command, masks, count):
    """When each mask was written, in seconds, and the memory at that time, by frame."""
    shutil.rmtree(masks, ignore_errors=True)
    process = subprocess.Popen([str(word) for word in command])
    memory = {}
    done = 0
    while process.poll() is None:
        while (masks / f"{done:05}.png").exists():
            done += 1
        memory[done] = resident(process) or memory.get(done, 0)
        time.sleep(0.05)
    if process.returncode:
        sys.exit(process.returncode)
    times = [(masks / f"{index:05}.png").stat().st_mtime_ns / 1e9 for index in range(count)]
    return times, memory


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tools", "model", "folder", "clip"):
        parser.add_argument(name, type=pathlib.Path)
    for name, value in {"frames": 2000, "limit": 8, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--policy", default="bounded")
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()

    count = options.frames
    clip, masks = options.folder / "video", options.folder / "masks"
    video(options.clip, clip, count)
    times, memory = follow(
        [options.tools / "stm-segment", options.model, "--clip", clip, "-o", masks,
         "--memory-policy", options.policy, "--memory-limit", options.limit, "--threads",
         options.threads, "--quiet"], masks, count)

    def facts(first, last):
        """Seconds a frame, its median, and bytes of memory, of frames `first` to `last`."""
        steps = [later - sooner for sooner, later in zip(times[first - 1:last], times[first:last])]
        bytes_ = [size for frame, size in memory.items() if first <= frame <= last and size]
        return sum(steps) / len(steps), statistics.median(steps), statistics.median(bytes_)

    early, late = facts(100, 200), facts(count - 100, count)
    rows = [
        [title, f"{1 / mean:.1f}", f"{1000 * median:.1f}", f"{size / 1e6:.1f}"]
        for title, (mean, median, size) in (("100 to 199", early), ("the last 100", late))]
    text = (
        f"{options.policy}, {options.limit} frames in memory, {count} frames of "
        f"{options.clip.name}, {options.model.name}, {options.threads} threads\n\n"
        + suite.table(["frames", "frames a second", "median ms", "memory in MB"], rows, text=1)
        + f"\n\n{suite.machine()}\n")
    print(text)
    if options.report:
        options.report.write_text(text)
    if late[0] > 1.1 * early[0]:
        sys.exit(f"expected at most 1.1 times the time, found {late[0] / early[0]:.3f}")
    if late[2] > 1.05 * early[2]:
        sys.exit(f"expected at most 1.05 times the memory, found {late[2] / early[2]:.3f}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""From a save to the first number that moved, in `tgp watch`, where no call is needed.

    scripts/watch_latency.py [--tgp target/release/tgp] [--saves 40] [--rows 1000]

A pipeline over so many rows, with planted models, is watched in a folder of its own. Each save turns
its judge's rule round, so that every verdict and every number moves; the time runs from just before the
file is written to the arrival of the line that shows a number beside the one before.
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

FILE = """pipeline bench.watch @ 1.0.0

models targets = [scripted("a") { 0.7 => "yes" _ => "no" }, scripted("b") { 0.4 => "yes" _ => "no" }]

curate items {
  read jsonl "items.jsonl" as { n: int, question: text }
  key n
}

query answers from items to targets {
  user question
}

judge verdicts from answers {
  verdict good: bool = RULE
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher
  interval 95%
  missing excluded
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tgp", default="target/release/tgp")
    parser.add_argument("--saves", type=int, default=40)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--pause", type=float, default=0.6, help="seconds between saves")
    chosen = parser.parse_args()
    tgp = str(pathlib.Path(chosen.tgp).resolve())

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        rows = (f'{{"n": {n}, "question": "What is {n} and {n}?"}}\n' for n in range(chosen.rows))
        (folder / "items.jsonl").write_text("".join(rows))
        file = folder / "w.tgp"
        # Each save is a rule that was never seen, so that no table of it is known.
        file.write_text(FILE.replace("RULE", 'reply == "yes"'))
        watcher = subprocess.Popen(
            [tgp, "watch", "--plain", "w.tgp"], cwd=folder, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        times = []
        try:
            wait_for(watcher, "no calls ·")
            for save in range(chosen.saves):
                time.sleep(chosen.pause)
                sign = "!=" if save % 2 == 0 else "=="
                text = FILE.replace("RULE", f'reply {sign} "yes" and question != "save {save}"')
                began = time.perf_counter()
                file.write_text(text)
                wait_for(watcher, " → ")
                times.append((time.perf_counter() - began) * 1000)
                wait_for(watcher, "no calls ·")
        finally:
            watcher.kill()
            watcher.wait()
    times.sort()
    share = lambda part: times[min(len(times) - 1, int(part * len(times)))]
    print(
        f"{chosen.rows} rows, {len(times)} saves: median {statistics.median(times):.0f} ms, "
        f"9 of 10 within {share(0.9):.0f} ms, slowest {times[-1]:.0f} ms"
    )


def wait_for(watcher, wanted):
    for line in watcher.stdout:
        if wanted in line:
            return
    raise SystemExit(f"`{wanted}` never came")


if __name__ == "__main__":
    main()

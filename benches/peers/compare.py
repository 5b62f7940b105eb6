"""Does one piece of work with tgp, inspect_ai, lm-eval and promptfoo, and prints the table.

    python3 benches/peers/compare.py --install        # once: the peers, into --folder
    python3 benches/peers/compare.py                  # all tools, all experiments

The work: N questions, one model, one check that the answer holds what it should. All tools ask the
same server on loopback (server.py), each set up as its own documentation says is fastest, and each
keeps its replies so that it can go on. Nothing is installed into the repository or the system.

Experiments: the first run; the same run again; one row edited; kill -9 in the middle and once more;
a server that allows 20 requests a second.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Server:
    """The server in a process of its own, at one address for all runs of a tool."""

    def __init__(self, rate=None):
        command = [sys.executable, str(HERE / "server.py")]
        if rate:
            command += ["--rate", str(rate)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.base_url = f"http://127.0.0.1:{self.port}/v1"

    def ask(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
            return json.load(answer)

    def stats(self):
        return self.ask("/stats")

    def reset(self):
        self.ask("/reset")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


# ---------------------------------------------------------------------------------------- measuring


def tree_memory(root):
    """Resident memory of a process and all below it, in bytes."""
    children, resident = {}, {}
    page = os.sysconf("SC_PAGE_SIZE")
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry))
        resident[int(entry)] = int(fields[21]) * page
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        total += resident.get(process, 0)
        waiting += children.get(process, [])
    return total


class Outcome:
    """What one run of a tool cost."""

    def __init__(self, code, wall, cpu, memory, stats):
        self.code, self.wall, self.cpu, self.memory = code, wall, cpu, memory
        self.served, self.refused = stats["served"], stats["refused"]

    def as_json(self):
        return {name: round(value, 3) for name, value in vars(self).items()}


def run(command, folder, environment, server, log, kill_at=None, timeout=600):
    """Runs a tool; with `kill_at`, kills it once the server has served that many."""
    server.reset()
    began = time.monotonic()
    with open(log, "ab") as out:
        out.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    peak, ended = 0, threading.Event()

    def watch():
        nonlocal peak
        while not ended.wait(0.005 if kill_at else 0.02):
            if kill_at and server.stats()["served"] >= kill_at:
                os.killpg(process.pid, signal.SIGKILL)
                return
            if not kill_at:
                peak = max(peak, tree_memory(process.pid))
            if time.monotonic() - began > timeout:
                os.killpg(process.pid, signal.SIGKILL)
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = max(peak, usage.ru_maxrss * 1024)
    cpu = usage.ru_utime + usage.ru_stime
    return Outcome(process.returncode, wall, cpu, peak, server.stats())


# ------------------------------------------------------------------------------------------- tools


def questions(count, edited=None):
    rows = []
    for number in range(count):
        word = "Differently: what" if number == edited else "What"
        rows.append({"id": number, "question": f"{word} is {number} and {42 - number}?", "gold": "42"})
    return rows


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


class Tool:
    def __init__(self, peers):
        self.peers = peers

    def environment(self, folder, server):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {
            **kept,
            "HOME": str(folder / "home"),
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": server.base_url,
            "NO_COLOR": "1",
        }


class Tgp(Tool):
    name = "tgp"

    def version(self):
        return subprocess.run([self.program(), "--version"], capture_output=True, text=True).stdout.split()[-1]

    def program(self):
        return str(ROOT / "target/release/tgp")

    def prepare(self, folder, server, rows, at_once):
        write_lines(folder / "items.jsonl", rows)
        (folder / "sums.tgp").write_text(
            """pipeline peers.sums @ 1.0.0

models target = [openai("stub", temperature = 0, max_tokens = 16)]

curate items {
  read jsonl "items.jsonl" as { id: int, question: text, gold: text }
  key id
}

query answers from items to target {
  user question
}

judge verdicts from answers {
  verdict good: bool = contains(reply, gold)
}

measure quality from verdicts {
  by model
  metric good = rate(good) better higher
  interval 95%
  missing excluded
}
"""
        )
        (folder / "tgp.toml").write_text(f"[endpoints.openai]\nconcurrency = {at_once}\n")

    def command(self, at_once):
        return [self.program(), "run", "sums.tgp"]


class Inspect(Tool):
    """`generate(cache=True)`, realtime logging and the display off, as its page on performance says."""

    name = "inspect_ai"
    packages = ["inspect_ai", "openai"]

    def program(self):
        return str(self.peers / "inspect/bin/inspect")

    def version(self):
        return package_version(self.peers / "inspect", "inspect_ai")

    def prepare(self, folder, server, rows, at_once):
        write_lines(folder / "items.jsonl", rows)
        (folder / "sums.py").write_text(
            """from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import includes
from inspect_ai.solver import generate


@task
def sums():
    return Task(
        dataset=json_dataset("items.jsonl", FieldSpec(input="question", target="gold", id="id")),
        solver=generate(cache=True),
        scorer=includes(),
        config=GenerateConfig(temperature=0, max_tokens=16),
    )
"""
        )

    def environment(self, folder, server):
        return {**super().environment(folder, server), "INSPECT_CACHE_DIR": str(folder / "cache")}

    def command(self, at_once):
        return [
            self.program(),
            "eval",
            "sums.py",
            "--model",
            "openai/stub",
            "-M",
            "responses_api=false",
            "--max-connections",
            str(at_once),
            "--no-log-realtime",
            "--display",
            "none",
            "--log-dir",
            "logs",
        ]


class LmEval(Tool):
    """`num_concurrent` and `--use_cache`, its data set out of a local file, offline."""

    name = "lm-eval"
    packages = ["lm-eval[api]"]

    def program(self):
        return str(self.peers / "lmeval/bin/lm_eval")

    def version(self):
        return package_version(self.peers / "lmeval", "lm_eval")

    def prepare(self, folder, server, rows, at_once):
        write_lines(folder / "items.jsonl", rows)
        self.server = server
        (folder / "sums.yaml").write_text(
            f"""task: sums
dataset_path: json
dataset_kwargs:
  data_files:
    test: {folder}/items.jsonl
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{gold}}}}"
generation_kwargs:
  until: ["\\n\\n"]
  max_gen_toks: 16
  do_sample: false
  temperature: 0
filter_list:
  - name: number
    filter:
      - function: regex
        regex_pattern: "(\\\\d+)"
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""
        )

    def environment(self, folder, server):
        return {
            **super().environment(folder, server),
            "HF_HOME": str(folder / "hf"),
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
        }

    def command(self, at_once):
        model = (
            f"model=stub,base_url={self.server.base_url}/chat/completions,num_concurrent={at_once},"
            "max_retries=5,tokenizer_backend=None,tokenized_requests=False"
        )
        return [
            self.program(),
            "--model",
            "local-chat-completions",
            "--model_args",
            model,
            "--tasks",
            "sums",
            "--include_path",
            ".",
            "--apply_chat_template",
            "--use_cache",
            "cache/replies",
            "--output_path",
            "out",
        ]


class Promptfoo(Tool):
    """`-j`, without table and progress bar; its cache is on by default."""

    name = "promptfoo"

    def program(self):
        return str(self.peers / "promptfoo/node_modules/.bin/promptfoo")

    def version(self):
        package = self.peers / "promptfoo/node_modules/promptfoo/package.json"
        return json.loads(package.read_text())["version"]

    def prepare(self, folder, server, rows, at_once):
        tests = [{"vars": {"question": row["question"], "gold": row["gold"]}} for row in rows]
        write_lines(folder / "tests.jsonl", tests)
        config = {
            "prompts": ["{{question}}"],
            "providers": [
                {
                    "id": "openai:chat:stub",
                    "config": {"apiBaseUrl": server.base_url, "temperature": 0, "max_tokens": 16},
                }
            ],
            "defaultTest": {"assert": [{"type": "contains", "value": "{{gold}}"}]},
            "tests": "file://tests.jsonl",
        }
        (folder / "promptfooconfig.json").write_text(json.dumps(config))

    def environment(self, folder, server):
        return {
            **super().environment(folder, server),
            "PROMPTFOO_CONFIG_DIR": str(folder / "state"),
            "PROMPTFOO_DISABLE_TELEMETRY": "1",
            "PROMPTFOO_DISABLE_UPDATE": "1",
            "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
        }

    def command(self, at_once):
        return [
            self.program(),
            "eval",
            "-c",
            "promptfooconfig.json",
            "-j",
            str(at_once),
            "--no-table",
            "--no-progress-bar",
            "--no-share",
            "-o",
            "out.json",
        ]


TOOLS = [Tgp, Inspect, LmEval, Promptfoo]


def package_version(environment, name):
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    answer = subprocess.run([environment / "bin/python", "-c", code], capture_output=True, text=True)
    return answer.stdout.strip()


def install(peers):
    peers.mkdir(parents=True, exist_ok=True)
    for tool, folder in ((Inspect, "inspect"), (LmEval, "lmeval")):
        subprocess.run([sys.executable, "-m", "venv", peers / folder], check=True)
        subprocess.run([peers / folder / "bin/pip", "install", "--quiet", *tool.packages], check=True)
    node = peers / "promptfoo"
    node.mkdir(exist_ok=True)
    (node / "package.json").write_text('{"name": "peers", "private": true}\n')
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "promptfoo"], cwd=node, check=True)


# -------------------------------------------------------------------------------------- experiments


def fresh(work, tool, experiment):
    folder = work / tool.name / experiment
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    return folder


def experiments(tool, work, count):
    """Yields the name of each experiment with its outcome."""
    with Server() as server:
        folder = fresh(work, tool, "whole")
        log = folder / "log.txt"
        environment = tool.environment(folder, server)

        def once(at_once=100, **more):
            return run(tool.command(at_once), folder, environment, server, log, **more)

        tool.prepare(folder, server, questions(count), 100)
        yield "first", once()
        yield "again", once()
        tool.prepare(folder, server, questions(count, edited=count // 2), 100)
        yield "edited", once()

    with Server() as server:
        folder = fresh(work, tool, "killed")
        log = folder / "log.txt"
        environment = tool.environment(folder, server)
        tool.prepare(folder, server, questions(count), 20)
        killed = run(tool.command(20), folder, environment, server, log, kill_at=count // 2)
        resumed = run(tool.command(20), folder, environment, server, log)
        resumed.before = killed.served
        yield "resumed", resumed

    with Server(rate=20) as server:
        folder = fresh(work, tool, "limited")
        tool.prepare(folder, server, questions(200), 20)
        environment = tool.environment(folder, server)
        yield "limited", run(tool.command(20), folder, environment, server, folder / "log.txt", timeout=120)


def median(outcomes):
    """The outcome in the middle by wall time; counts are those of that run."""
    return sorted(outcomes, key=lambda outcome: outcome.wall)[len(outcomes) // 2]


def table(results, count):
    lines = [
        f"| tool | first run of {count}: wall s / CPU s / peak MB | requests | again: wall s / CPU s | requests "
        "| one row edited: wall s | requests | killed at half, resumed: asked twice "
        "| 20 requests a second, 200 rows: s | refused | exit |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, outcomes in results.items():
        first, again, edited = outcomes["first"], outcomes["again"], outcomes["edited"]
        resumed, limited = outcomes["resumed"], outcomes["limited"]
        twice = resumed.before + resumed.served - count
        lines.append(
            f"| {name} | {first.wall:.2f} / {first.cpu:.2f} / {first.memory / 1e6:.0f} | {first.served} "
            f"| {again.wall:.2f} / {again.cpu:.2f} | {again.served} "
            f"| {edited.wall:.2f} | {edited.served} | {twice} "
            f"| {limited.wall:.1f} | {limited.refused} | {limited.code} |"
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/peers"), help="where the peers are installed")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3, help="each is done so often; the middle one counts")
    parser.add_argument("--only", action="append", help="names of tools")
    arguments = parser.parse_args()
    if arguments.install:
        install(arguments.folder)
        return
    work = arguments.folder / "work"
    tools = [tool(arguments.folder) for tool in TOOLS if not arguments.only or tool.name in arguments.only]
    every = {}
    # Interleaved, so that what else the machine does falls on all alike.
    for _ in range(arguments.runs):
        for tool in tools:
            for experiment, outcome in experiments(tool, work, arguments.rows):
                every.setdefault(tool, {}).setdefault(experiment, []).append(outcome)
                print(tool.name, experiment, json.dumps(outcome.as_json()), file=sys.stderr, flush=True)
    results = {}
    for tool, outcomes in every.items():
        results[f"{tool.name} {tool.version()}"] = {name: median(found) for name, found in outcomes.items()}
    print(table(results, arguments.rows))


if __name__ == "__main__":
    main()

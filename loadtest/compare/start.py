#!/usr/bin/env python3
"""How soon a server answers after its process was started: Arborline from a snapshot, and Redis from its RDB file.

Both hold the same generated members: Arborline with their trees, orders and figures; Redis a hash of four fields each. Counted
is the time from the start of the process to the first correct answer about one of them; the files are in the page cache.
Needs the release binaries, and `redis-server` for the comparison (left out where it is not installed):

    cargo build --release --workspace
    python3 loadtest/compare/start.py --members 1000000
"""

import argparse
import csv
import http.client
import json
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

NETWORK = 'clock = "events"\n'
POLL_SECONDS = 0.0005


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def first_answer(command, ask):
    """Milliseconds until `ask` gets an answer from a process that is started now; it is ended again."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            ask()
            break
        except (OSError, http.client.HTTPException, LookupError):
            time.sleep(POLL_SECONDS)
    took = (time.perf_counter() - began) * 1_000
    process.terminate()
    process.wait()
    return took


class Arborline:
    def __init__(self, target: Path, folder: Path):
        self.program, self.data = target / "arborline", folder / "data"
        (folder / "network.toml").write_text(NETWORK)
        subprocess.run([self.program, "import", folder / "members.csv", folder / "orders.csv", "--data", self.data,
                        "--network", folder / "network.toml"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        made = subprocess.run([self.program, "token", "create", "--role", "admin", "--data", self.data, "--json"],
                              check=True, capture_output=True, text=True)
        self.bearer = {"Authorization": "Bearer " + json.loads(made.stdout)["token"]}
        # What the token adds is in it too, so that nothing has to be replayed.
        subprocess.run([self.program, "snapshot", "--data", self.data], check=True, stdout=subprocess.DEVNULL)

    def start(self, member: str, *options: str) -> float:
        port = free_port()

        def ask():
            server = http.client.HTTPConnection("127.0.0.1", port)
            server.request("GET", f"/v1/members/{member}", headers=self.bearer)
            answer = json.loads(server.getresponse().read())
            assert answer.get("member") == member, answer

        return first_answer([self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}", *options], ask)


class Redis:
    def __init__(self, folder: Path, rows):
        self.folder = folder / "redis"
        self.folder.mkdir()
        port = free_port()
        process = subprocess.Popen(self.command(port), stdout=subprocess.DEVNULL)
        while subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True).returncode:
            time.sleep(0.05)
        pipe = subprocess.Popen(["redis-cli", "-p", str(port), "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        for member, enroller, joined_at, kind, *_ in rows:
            words = ["HSET", member, "enroller", enroller, "joined_at", joined_at, "kind", kind, "cv", "0"]
            pipe.stdin.write(f"*{len(words)}\r\n".encode() + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words))
        pipe.stdin.close()
        pipe.wait()
        subprocess.run(["redis-cli", "-p", str(port), "SHUTDOWN", "SAVE"], check=True, stdout=subprocess.DEVNULL)
        process.wait()

    def command(self, port: int):
        return ["redis-server", "--port", str(port), "--dir", self.folder, "--save", "", "--appendonly", "no"]

    def start(self, member: str) -> float:
        port = free_port()

        def ask():
            with socket.create_connection(("127.0.0.1", port)) as server:
                server.sendall(f"HGET {member} kind\r\n".encode())
                if not server.recv(256).startswith(b"$"):
                    raise LookupError("it is loading")

        return first_answer(self.command(port), ask)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--target", type=Path, default=Path("target/release"), help="where the release binaries are")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="start-"))
    try:
        subprocess.run([asked.target / "arborline-loadtest", "generate", "--members", str(asked.members),
                        "--orders-per-hundred", "20", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        with open(folder / "members.csv", newline="") as file:
            rows = list(csv.reader(file))[1:]
        member = rows[len(rows) // 2][0]
        arborline = Arborline(asked.target, folder)
        took = {
            "Arborline, checked behind": [arborline.start(member) for _ in range(asked.runs)],
            "Arborline, checked first": [arborline.start(member, "--snapshot-check", "first") for _ in range(asked.runs)],
        }
        if shutil.which("redis-server"):
            redis = Redis(folder, rows)
            took["Redis, from its RDB"] = [redis.start(member) for _ in range(min(asked.runs, 3))]
        print(f"{asked.members:,} members; milliseconds to the first answer:")
        for name, runs in took.items():
            print(f"  {name:<28} median {statistics.median(runs):9.1f}   least {min(runs):9.1f}   most {max(runs):9.1f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

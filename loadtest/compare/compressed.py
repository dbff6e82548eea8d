#!/usr/bin/env python3
"""Pays a compressed unilevel of seven levels by Arborline, by PostgreSQL and by numpy, over one generated network.

All three read the same members and orders, must come to the same amount for every member, and are timed without loading:
Arborline's pass over a book as `plan pay` reports it, the statements of PostgreSQL (the best of the designs below), and
numpy from arrays. Needs the release binaries, PostgreSQL's `initdb` and `postgres` (found by `pg_config --bindir`; as
root, also an account named postgres), and numpy:

    cargo build --release --workspace
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy
    /tmp/venv/bin/python loadtest/compare/compressed.py
"""

import argparse
import csv
import json
import os
import pwd
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

RATES = [10, 5, 5, 4, 3, 2, 1]  # hundredths; a volume in 1e-4 times one of them is in 1e-6
ACTIVE_PV = 100  # own volume that makes a member active
NETWORK = f"""clock = "events"
volume_kinds = ["cv", "pv"]
[activity]
kind = "pv"
at_least = "{ACTIVE_PV}"
period = "month"
[[periods]]
name = "month"
type = "monthly"
[[trees]]
name = "enroller"
"""
PLAN = f"""name = "unilevel"
currency = "USD"
[[plans]]
name = "main"
[[plans.components]]
name = "levels"
kind = "unilevel"
volume = "cv"
compression = "skip_inactive"
rates = [{", ".join(f'"{rate / 100:.2f}"' for rate in RATES)}]
"""

# The nearest active member above each, from the roots down; then one join a level.
NEAREST_ABOVE = """
CREATE TEMP TABLE nearest AS
WITH RECURSIVE down(member, above) AS (
    SELECT member, NULL::int FROM members WHERE parent IS NULL
  UNION ALL
    SELECT m.member, CASE WHEN p.active THEN p.member ELSE d.above END
    FROM down d JOIN members p ON p.member = d.member JOIN members m ON m.parent = d.member
) SELECT member, above FROM down;
CREATE UNIQUE INDEX ON nearest (member);
ANALYZE nearest;
"""
SOLD = "(SELECT member, sum(cv) AS cv FROM orders GROUP BY member)"
# Each buyer's way up, counting the active ones passed.
WALK = f"""
CREATE TABLE paid AS
WITH RECURSIVE up(payee, level, cv) AS (
    SELECT m.parent, 0, s.cv FROM {SOLD} s JOIN members m USING (member) WHERE m.parent IS NOT NULL
  UNION ALL
    SELECT m.parent, u.level + m.active::int, u.cv
    FROM up u JOIN members m ON m.member = u.payee
    WHERE m.parent IS NOT NULL AND u.level + m.active::int < {len(RATES)}
) SELECT payee AS member, sum(cv * (ARRAY{RATES})[level + 1]) AS amount
FROM up JOIN members m ON m.member = payee AND m.active GROUP BY payee;
"""


def joins() -> str:
    """All levels at once: a volume climbs from one active member to the next, and each has his rate of it."""
    steps = [f"l1 AS MATERIALIZED (SELECT n.above AS member, sum(s.cv) AS cv FROM {SOLD} s"
             " JOIN nearest n USING (member) WHERE n.above IS NOT NULL GROUP BY 1)"]
    for level in range(2, len(RATES) + 1):
        steps.append(f"l{level} AS MATERIALIZED (SELECT n.above AS member, sum(l.cv) AS cv FROM l{level - 1} l"
                     " JOIN nearest n USING (member) WHERE n.above IS NOT NULL GROUP BY 1)")
    paid = " UNION ALL ".join(f"SELECT member, cv * {rate} AS amount FROM l{level}"
                              for level, rate in enumerate(RATES, 1))
    return f"CREATE TABLE paid AS WITH {', '.join(steps)} SELECT member, sum(amount) AS amount FROM ({paid}) p GROUP BY 1;"


DESIGNS = {
    "walk up from every buyer": [WALK],
    "nearest active above, then a join a level": [NEAREST_ABOVE, joins()],
}


def read(folder: Path):
    """Parents (-1 for roots), who is active, and each order's member and volume in 1e-4."""
    with open(folder / "members.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    number = {row[0]: at for at, row in enumerate(rows)}
    parent = np.array([number[row[1]] if row[1] else -1 for row in rows], dtype=np.int64)
    with open(folder / "orders.csv", newline="") as file:
        orders = list(csv.reader(file))[1:]
    units = lambda text: int(text.replace(".", "")) * 100
    member = np.array([number[row[1]] for row in orders], dtype=np.int64)
    cv = np.array([units(row[4]) for row in orders], dtype=np.int64)
    pv = np.array([units(row[5]) for row in orders], dtype=np.int64)
    own = np.zeros(len(rows), dtype=np.int64)
    np.add.at(own, member, pv)
    return number, parent, own >= ACTIVE_PV * 10_000, member, cv


def by_arborline(target: Path, folder: Path, runs: int):
    arborline = target / "arborline"
    (folder / "network.toml").write_text(NETWORK)
    (folder / "plan.toml").write_text(PLAN)
    data = ["--data", str(folder / "data")]
    subprocess.run([arborline, "import", folder / "members.csv", folder / "orders.csv", *data,
                    "--network", folder / "network.toml"], check=True, stdout=subprocess.DEVNULL)
    told = subprocess.run([arborline, "plan", "pay", folder / "plan.toml", *data, "--json", "--runs", str(runs),
                           "--lines", folder / "lines.csv"], check=True, capture_output=True, text=True)
    seconds = [json.loads(told.stdout)["worked_out_seconds"]]
    with open(folder / "lines.csv", newline="") as file:
        paid = {row["member"]: round(float(row["exact"]) * 1e6) for row in csv.DictReader(file)}
    return seconds, paid


def by_numpy(parent, active, member, cv, runs: int):
    seconds, amount = [], None
    for _ in range(runs):
        began = time.perf_counter()
        # By doubling: each looks twice as far in every step, until nobody's nearest one is inactive.
        above = parent.copy()
        while True:
            idle = np.flatnonzero((above >= 0) & ~active[above])
            if not len(idle):
                break
            above[idle] = above[above[idle]]
        received = np.bincount(member, weights=cv, minlength=len(parent)).astype(np.int64)
        amount = np.zeros(len(parent), dtype=np.int64)
        for rate in RATES:
            climbs = np.flatnonzero((above >= 0) & (received != 0))
            received = np.bincount(above[climbs], weights=received[climbs], minlength=len(parent)).astype(np.int64)
            amount += received * rate
        seconds.append(time.perf_counter() - began)
    return seconds, amount


class Postgres:
    """A cluster of its own in a folder, with what a good practitioner would set for such work."""

    SETTINGS = ["shared_buffers=2GB", "work_mem=1GB", "temp_buffers=512MB", "fsync=off", "synchronous_commit=off",
                "max_wal_size=8GB", "autovacuum=off", "max_parallel_workers_per_gather=2", "listen_addresses="]

    def __init__(self, folder: Path):
        self.bin = Path(subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True).stdout.strip())
        self.folder = folder / "postgres"
        self.folder.mkdir()
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            account = pwd.getpwnam(self.user)
            folder.chmod(0o755)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.run([self.bin / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres"])
        options = [part for setting in self.SETTINGS for part in ("-c", setting)]
        self.server = subprocess.Popen([self.bin / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                                       user=self.user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while subprocess.run([self.bin / "pg_isready", "-h", self.folder], stdout=subprocess.DEVNULL).returncode:
            time.sleep(0.2)

    def run(self, command):
        subprocess.run(command, check=True, user=self.user, stdout=subprocess.DEVNULL, cwd=self.folder)

    def sql(self, text: str, stdin=None) -> str:
        command = [self.bin / "psql", "-h", self.folder, "-U", "postgres", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text]
        return subprocess.run(command, check=True, input=stdin, capture_output=True, text=True).stdout

    def load(self, parent, active, member, cv):
        self.sql("CREATE TABLE members (member int, parent int, active bool); CREATE TABLE orders (member int, cv bigint)")
        rows = "".join(f"{at}\t{up if up >= 0 else chr(92) + 'N'}\t{'t' if on else 'f'}\n"
                       for at, (up, on) in enumerate(zip(parent.tolist(), active.tolist())))
        self.sql("COPY members FROM STDIN", rows)
        self.sql("COPY orders FROM STDIN", "".join(f"{of}\t{units}\n" for of, units in zip(member.tolist(), cv.tolist())))
        self.sql("CREATE UNIQUE INDEX ON members (member)")
        self.sql("CREATE INDEX ON members (parent); CREATE INDEX ON orders (member); ANALYZE")

    def pay(self, design, jit: str):
        self.sql("DROP TABLE IF EXISTS paid")
        began = time.perf_counter()
        self.sql(f"SET jit = {jit}; " + " ".join(design))
        return time.perf_counter() - began

    def stop(self):
        self.server.terminate()
        self.server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--target", type=Path, default=Path("target/release"), help="where the release binaries are")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="compressed-"))
    postgres = None
    try:
        subprocess.run([asked.target / "arborline-loadtest", "generate", "--members", str(asked.members),
                        "--orders-per-hundred", "100", "--out", folder], check=True, stdout=subprocess.DEVNULL)
        number, parent, active, member, cv = read(folder)
        print(f"{len(parent):,} members, {int(active.sum()):,} active, {len(cv):,} orders")
        took = {}
        took["Arborline"], paid = by_arborline(asked.target, folder, asked.runs)
        took["numpy"], amount = by_numpy(parent, active, member, cv, asked.runs)
        # Who is not active earns nothing.
        amount[~active] = 0
        expected = {at: int(sum) for at, sum in enumerate(amount) if sum}
        ours = {number[member]: sum for member, sum in paid.items() if sum}
        assert ours == expected, "Arborline and numpy differ"
        postgres = Postgres(folder)
        postgres.load(parent, active, member, cv)
        for name, design in DESIGNS.items():
            for jit in ("off", "on"):
                took[f"PostgreSQL, {name}, jit {jit}"] = [postgres.pay(design, jit) for _ in range(min(asked.runs, 3))]
            rows = postgres.sql("SELECT member, amount FROM paid WHERE amount <> 0").split()
            theirs = {int(of): int(float(sum)) for of, sum in (row.split("|") for row in rows)}
            assert theirs == expected, f"PostgreSQL differs: {name}"
        ours = statistics.median(took["Arborline"])
        print(f"{len(expected):,} amounts, all equal; medians of the runs:")
        for name, seconds in took.items():
            median = statistics.median(seconds)
            print(f"  {name:<66} {median:8.3f} s  {median / ours:8.1f} x")
    finally:
        if postgres:
            postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

"""Tables of many runs that go on where they were: each run is a line of a file, and the page has what is complete."""
import concurrent.futures
import json
import os
import sys
import threading


def load(path, key):
    """The runs that are kept in a file, by what `key` makes of each. A line that was cut off is no run."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {key(run): run for run in (json.loads(line) for line in lines if line.endswith("}"))}


def write_between(page, begin, end, text):
    """Puts text, which has both marks, in the place of what stands between them."""
    before, rest = page.read_text().split(begin)
    partial = page.with_suffix(".partial")
    partial.write_text(before + text + rest.split(end)[1])
    partial.replace(page)


def run_all(wanted, one, path, runs, tell):
    """Does `one(key)` for each, as many at a time as there are cores, and keeps what it returns in the file and in `runs`. Returns
    1 if any raised RuntimeError, which costs its own row alone."""
    lock = threading.Lock()
    failed = []

    def keep(key):
        try:
            run = one(key)
        except RuntimeError as error:
            failed.append(str(error))
            return
        with lock, path.open("a") as out:
            out.write(json.dumps(run) + "\n")
            runs[key] = run
            print(f"{len(runs)} runs, {len(wanted)} to do at the start: {tell(key, run)}", flush=True)

    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    try:
        list(pool.map(keep, wanted))
    finally:
        pool.shutdown(cancel_futures=True)
    for error in failed:
        print(error, file=sys.stderr)
    return 1 if failed else 0

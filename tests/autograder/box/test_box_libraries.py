"""What students use works in a box as at home, however little a box may: each snippet prints "works"."""

import subprocess
import sys

import pytest

from tests.helpers.boxes import run

pytestmark = [pytest.mark.sandbox, pytest.mark.long, pytest.mark.usefixtures("warm")]
HONEST = {
    "multiprocessing": """
import multiprocessing as mp
def square(x):
    return x * x
with mp.Pool(2) as pool:
    squares = pool.map(square, range(9))
queue, lock, value = mp.Queue(), mp.Lock(), mp.Value("i", 0)
def work():
    for _ in range(50):
        with lock:
            value.value += 1
    queue.put(value.value)
workers = [mp.Process(target=work) for _ in range(3)]
[worker.start() for worker in workers]
[queue.get(timeout=30) for _ in workers]
[worker.join() for worker in workers]
with mp.Manager() as manager:
    shared = manager.list([1])
    shared.append(2)
    assert list(shared) == [1, 2]
assert squares == [x * x for x in range(9)] and value.value == 150
""",
    "pool_of_32": """
import multiprocessing as mp
import torch
def total(x):
    return float(torch.full((10,), x).sum())
with mp.Pool(32) as pool:
    assert pool.map(total, range(64)) == [10.0 * x for x in range(64)]
""",
    "shared_memory": """
from multiprocessing import shared_memory
import mmap, numpy, tempfile
block = shared_memory.SharedMemory(create=True, size=800)
numpy.ndarray(100, dtype="f8", buffer=block.buf)[:] = 3
again = shared_memory.SharedMemory(block.name)
assert numpy.ndarray(100, dtype="f8", buffer=again.buf).sum() == 300
again.close(), block.close(), block.unlink()
with tempfile.TemporaryFile() as file:
    file.truncate(8192)
    mmap.mmap(file.fileno(), 8192)[:4] = b"abcd"
""",
    "futures": """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
import math
for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
    with kind(2) as pool:
        assert list(pool.map(math.sqrt, [1, 4, 9])) == [1, 2, 3]
""",
    "asyncio": """
import asyncio, sys
async def both():
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(5)", stdout=-1)
    server = await asyncio.start_unix_server(lambda r, w: w.close(), "/tmp/server")
    await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(50)), asyncio.to_thread(sum, [1]))
    server.close()
    return (await child.communicate())[0]
import threading
found = []
thread = threading.Thread(target=lambda: found.append(asyncio.run(both())))
thread.start(), thread.join()
assert found == [b"5\\n"]
""",
    "subprocess": """
import subprocess
done = subprocess.run("seq 20000 | sort -n | tail -1", shell=True, capture_output=True, text=True)
assert done.stdout.strip() == "20000", done
""",
    "data_loader": """
import torch
from torch.utils.data import DataLoader, TensorDataset
data = TensorDataset(torch.arange(40.0).reshape(20, 2))
assert sum(len(batch[0]) for batch in DataLoader(data, 4, num_workers=2, shuffle=True)) == 20
""",
    "torch_processes": """
import torch, torch.multiprocessing as mp
shared = torch.zeros(3).share_memory_()
def fill(tensor):
    tensor += 2
worker = mp.get_context("fork").Process(target=fill, args=(shared,))
worker.start(), worker.join()
assert shared.tolist() == [2, 2, 2]
""",
    "torch_threads": """
import torch
torch.set_num_threads(4)
a = torch.rand(300, 300)
torch.set_num_threads(1)
assert torch.allclose((a @ a.inverse()).diagonal().sum(), torch.tensor(300.0), atol=1)
net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU())
net(torch.rand(2, 3, 64, 64)).sum().backward()
""",
    "joblib": """
from joblib import Memory, Parallel, delayed
import math
assert Parallel(n_jobs=2)(delayed(math.sqrt)(x) for x in (1, 4)) == [1, 2]
assert Memory("/tmp/cache", verbose=0).cache(math.sqrt)(16) == 4
""",
    "sklearn": """
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import LinearSVC
import numpy
x, y = numpy.random.default_rng(0).normal(size=(60, 4)), numpy.arange(60) % 2
RandomForestClassifier(8, n_jobs=2).fit(x, y).predict(x), LinearSVC().fit(x, y)
""",
    "sqlite3": """
import sqlite3, threading
for mode in ("delete", "wal"):
    with sqlite3.connect(f"/tmp/{mode}.db") as base:
        base.execute(f"pragma journal_mode={mode}")
        base.execute("create table t (x)")
    def insert():
        own = sqlite3.connect(f"/tmp/{mode}.db", timeout=30)
        for x in range(20):
            with own:
                own.execute("insert into t values (?)", (x,))
        own.close()
    threads = [threading.Thread(target=insert) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sqlite3.connect(f"/tmp/{mode}.db").execute("select count(*) from t").fetchone() == (60,)
""",
    "files": """
import dbm, fcntl, pickle, shelve, shutil, tempfile, zipfile
with tempfile.TemporaryDirectory() as folder:
    with shelve.open(f"{folder}/shelf") as shelf:
        shelf["a"] = [1]
    with open(f"{folder}/lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX), fcntl.lockf(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_UN), fcntl.flock(file, fcntl.LOCK_UN)
    shutil.copytree(folder, f"{folder}-copy")
    shutil.make_archive(f"{folder}-copy/all", "zip", folder)
    assert "lock" in zipfile.ZipFile(f"{folder}-copy/all.zip").namelist()
""",
    "pictures": """
import cv2, io, numpy
from PIL import Image
from skimage import filters
import matplotlib.pyplot as plt
picture = numpy.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype="uint8")
for kind in ("PNG", "JPEG", "WEBP"):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind)
    assert Image.open(file).resize((9, 9)).size == (9, 9)
cv2.imwrite("/tmp/a.png", picture), cv2.GaussianBlur(picture, (3, 3), 0), filters.sobel(picture[..., 0])
plt.plot([1, 2]), plt.savefig("/tmp/a.pdf"), plt.savefig("/tmp/a.svg"), plt.close()
""",
    "machine": """
import gc, platform, psutil, resource, signal, threading, time, timeit
psutil.virtual_memory(), psutil.cpu_percent(), psutil.Process().memory_info(), psutil.disk_usage("/")
platform.platform(), resource.getrusage(resource.RUSAGE_SELF), gc.collect()
signal.signal(signal.SIGALRM, lambda *_: None), signal.setitimer(signal.ITIMER_REAL, 0.01), time.sleep(0.05)
timer = threading.Timer(0.01, print)
timer.start(), timer.join(), timeit.timeit("1", number=10)
""",
    "spawned": """
import subprocess, sys
code = '''
import multiprocessing as mp, os
if __name__ == "__main__":
    for kind in ("spawn", "forkserver"):
        with mp.get_context(kind).Pool(2) as pool:
            assert pool.map(abs, [-1, 2]) == [1, 2]
    print("pools")
'''
open("script.py", "w").write(code)
done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True)
assert done.stdout == "pools\\n", done.stderr
""",
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_work_is_not_hindered(name):
    assert run(HONEST[name] + '\nprint("works")').split()[-1] == "works"


@pytest.mark.parametrize("name", ["sqlite3", "files"])
def test_the_snippets_work_at_home_too(name, tmp_path):
    code = HONEST[name].replace("/tmp/", f"{tmp_path}/")
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0

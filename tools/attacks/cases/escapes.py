"""Ways out of a box: the network, other processes, mounts, the parent's memory."""

from tools.attacks.attack import Desk, attack
from tools.attacks.handing import hand_in

FAMILY = "escapes"
NETWORK = "network"


@attack(family=NETWORK, deserved=0)
def port_of_the_host(desk: Desk) -> None:
    """Connect to a server on the host's loopback, over IPv4, IPv6 and 0.0.0.0."""
    connect = f"""
import socket

for address in ("127.0.0.1", "::1", "0.0.0.0", "localhost"):
    try:
        socket.create_connection((address, {desk.port or 9}), timeout=2).sendall(b"a student was here")
        print("CONNECTED")
    except OSError as error:
        print(address, error)
"""
    hand_in(desk, connect)


@attack(family=NETWORK, deserved=0)
def names_and_datagrams(desk: Desk) -> None:
    """Ask for a name, send datagrams, and look at the machine's interfaces."""
    send = """
import socket

try:
    print(socket.getaddrinfo("example.org", 80))
except OSError as error:
    print(error)
for address in ("127.0.0.53", "8.8.8.8", "169.254.169.254", "224.0.0.1"):
    try:
        print("SENT", socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"question", (address, 53)))
    except OSError as error:
        print(error)
print(socket.if_nameindex())
"""
    hand_in(desk, send)


@attack(family=NETWORK, deserved=0)
def sockets_of_other_kinds(desk: Desk) -> None:
    """Unix sockets in the file system and abstract ones, virtual machine sockets, packets, the kernel's own."""
    connect = """
import socket

for place in ("/var/run/docker.sock", "/run/dbus/system_bus_socket", "\\0/tmp/.X11-unix/X0", "/run/systemd/notify"):
    try:
        socket.socket(socket.AF_UNIX).connect(place)
        print("CONNECTED", place)
    except OSError as error:
        print(place, error)
for family, kind, address in ((40, 1, (2, 1024)), (17, 3, ("lo", 3)), (38, 5, ("hash", "sha256")), (16, 3, (0, 0))):
    try:
        channel = socket.socket(family, kind)
        channel.settimeout(2)
        channel.connect(address) if family == 40 else channel.bind(address)
        print("CONNECTED", family)
    except OSError as error:
        print(family, error)
"""
    hand_in(desk, connect)


@attack(family=FAMILY, deserved=0, boxed=True)
def signals_to_everybody(desk: Desk) -> None:
    """Signals to all processes, to the own group, to the parent, and to every number up to 40,000."""
    kill = """
import os, signal

for target in (0, -1, os.getppid(), -os.getpgid(0), *range(2, 40_000)):
    try:
        if target != os.getpid():
            os.kill(target, signal.SIGKILL)
    except OSError:
        pass
"""
    hand_in(desk, kill, last=kill)


@attack(family=FAMILY, deserved=0, boxed=True)
def slower_for_everybody(desk: Desk) -> None:
    """Lower the priority of the own group and user, the limits of other processes, and the cores they may use."""
    slower = """
import os, resource

for kind in (os.PRIO_PGRP, os.PRIO_USER, os.PRIO_PROCESS):
    for who in (0, 1, os.getppid(), os.getuid()):
        try:
            os.setpriority(kind, who, 19)
        except OSError as error:
            print(error)
for who in (1, 2, os.getppid()):
    try:
        os.sched_setaffinity(who, {0})
        who == os.getpid() or resource.prlimit(who, resource.RLIMIT_CPU, (1, 1))
    except OSError as error:
        print(error)
"""
    hand_in(desk, slower)


@attack(family=FAMILY, deserved=0, boxed=True)
def namespaces_and_mounts(desk: Desk) -> None:
    """Become root in a namespace of the own, mount, bind, pivot, and look under what was mounted over."""
    mount = """
import ctypes, os

libc = ctypes.CDLL(None, use_errno=True)
for flags in (0x10000000, 0x10020000, 0x00020000, 0x40000000):
    print("unshare", libc.unshare(flags))
for place in (b"/proc", b"/tmp", b"/exam", b"/dev/shm", b"/"):
    print(place, libc.umount2(place, 2), libc.mount(b"none", place, b"proc", 0, None))
    print(place, libc.mount(b"none", place, None, 32 | 4096, None))
for step in (lambda: os.chroot("/tmp"), lambda: os.setuid(0), lambda: os.mknod("disk", 0o60600, os.makedev(8, 0)),
             lambda: libc.syscall(165, b"/dev/vda", b"/tmp", b"ext4", 0, None)):
    try:
        print(step())
    except OSError as error:
        print(error)
"""
    hand_in(desk, mount)


@attack(family=FAMILY, deserved=0, boxed=True)
def other_processes(desk: Desk) -> None:
    """Attach to the parent, read and write its memory, take its descriptors, and enter its root and namespaces."""
    reach = f"""
import ctypes, glob, os

libc = ctypes.CDLL(None, use_errno=True)
for number in {{os.getppid(), 1, 2, 3, *(int(place[6:]) for place in glob.glob("/proc/[0-9]*"))}} - {{os.getpid(), 0}}:
    print(number, libc.ptrace(16, number, None, None), libc.syscall(438, libc.syscall(434, number, 0), 3, 0))
    for name, mode in (("mem", "r+b"), ("oom_score_adj", "w"), ("environ", "rb"), ("root{desk.canary}", "a")):
        try:
            with open(f"/proc/{{number}}/{{name}}", mode) as file:
                file.write("1000") if name == "oom_score_adj" else file.write("changed") if mode == "a" else None
            print("OPENED", number, name)
        except OSError as error:
            print(error)
"""
    hand_in(desk, reach)


@attack(family=FAMILY, deserved=0, boxed=True)
def rights_of_others(desk: Desk) -> None:
    """Programs with a set-user bit, su, sudo, mount, and own copies of a shell with that bit."""
    rights = """
import glob, os, shutil, subprocess

programs = [["su", "-c", "id"], ["sudo", "-n", "id"], ["newgrp"], ["mount", "-t", "tmpfs", "none", "/tmp"], ["bwrap",
            "--dev-bind", "/", "/", "id"], ["unshare", "-Ur", "id"]]
for program in programs:
    if shutil.which(program[0]):
        done = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, timeout=10)
        print(program, done.returncode, done.stdout, done.stderr[-100:])
try:
    shutil.copy("/bin/sh", "shell")
    os.chmod("shell", 0o6755)
    print(subprocess.run(["./shell", "-c", "id"], capture_output=True, timeout=10).stdout)
except OSError as error:
    print(error)
"""
    hand_in(desk, rights)

"""Runs a command on a terminal of its own and talks to it, for tests of ours.

    python3 tests/pty.py STEP... -- COMMAND...

A step is `expect=REGEX` (waits for it in what comes from now on), `send=TEXT` (\\r, \\x03 and the like
are understood), or `kill=PATTERN` (SIGKILL to the child processes of the command whose command line
has it).  What the terminal showed goes to stdout; the exit status is the
command's, 97 where a step waited for more than 20 seconds in vain."""
import codecs
import os
import re
import select
import signal
import subprocess
import sys
import time

PATIENCE = 20

at = sys.argv.index("--")
steps, command = sys.argv[1:at], sys.argv[at + 1:]
pid, terminal = os.forkpty()
if pid == 0:
    os.execvp(command[0], command)
seen, shown, alive = "", b"", True


def read(seconds):
    """More of what is shown; False at the end of it."""
    global seen, shown, alive
    if not select.select([terminal], [], [], seconds)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        data = b""
    shown += data
    seen += data.decode("utf-8", "replace")
    alive = bool(data)
    return alive


def expect(pattern):
    global seen
    deadline = time.monotonic() + PATIENCE
    while True:
        found = re.search(pattern, seen)
        if found:
            seen = seen[found.end():]
            return
        if time.monotonic() > deadline or not alive:
            give_up(f"waited in vain for {pattern}")
        read(0.1)


def give_up(why):
    sys.stdout.write(shown.decode("utf-8", "replace") + f"\n[{why}]\n")
    sys.stdout.flush()
    os.kill(pid, signal.SIGKILL)
    os._exit(97)


def kill_children(pattern):
    for line in subprocess.check_output(["ps", "-eo", "pid=,ppid=,args="], text=True).splitlines():
        child, parent, words = line.split(None, 2)
        if int(parent) == pid and pattern in words:
            os.kill(int(child), signal.SIGKILL)


for step in steps:
    verb, _, text = step.partition("=")
    if verb == "expect":
        expect(text)
    elif verb == "send":
        os.write(terminal, codecs.decode(text, "unicode_escape").encode())
    else:
        kill_children(text)
deadline = time.monotonic() + PATIENCE
while alive and time.monotonic() < deadline:
    read(0.1)
if alive:
    give_up("it did not end")
_, status = os.waitpid(pid, 0)
sys.stdout.write(shown.decode("utf-8", "replace").replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))

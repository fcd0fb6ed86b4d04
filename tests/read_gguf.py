"""A second reading of GGUF headers, for tests of ours: prints the keys as JSON.

    python3 tests/read_gguf.py FILE

Arrays come as their length, and the number of tensors as "tensors"."""
import json
import struct
import sys

STRING, ARRAY = 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def read(f, form):
    return struct.unpack("<" + form, f.read(struct.calcsize("<" + form)))[0]


def text(f):
    return f.read(read(f, "Q")).decode("utf-8", "replace")


def value(f, kind):
    if kind == STRING:
        return text(f)
    if kind == ARRAY:
        element, n = read(f, "I"), read(f, "Q")
        for _ in range(n):
            value(f, element)
        return n
    return read(f, SCALARS[kind])


def header(f):
    if f.read(4) != b"GGUF" or read(f, "I") not in (2, 3):
        sys.exit("not a GGUF file of version 2 or 3")
    tensors, keys = read(f, "Q"), read(f, "Q")
    found = {"tensors": tensors}
    for _ in range(keys):
        name = text(f)
        found[name] = value(f, read(f, "I"))
    return found


with open(sys.argv[1], "rb") as file:
    json.dump(header(file), sys.stdout)

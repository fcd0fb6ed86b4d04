#!/usr/bin/env python3
"""Writes a tiny llama model as a set of two shards: split_gguf.py FOLDER/NAME."""
import struct
import sys


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def value(v):
    if isinstance(v, str):
        return struct.pack("<I", 8) + text(v)
    if isinstance(v, float):
        return struct.pack("<If", 6, v)
    kind, n = v
    return struct.pack("<I", kind) + n.to_bytes({2: 2, 4: 4, 5: 4}[kind], "little")


def write(path, keys, tensors):
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    for key, v in keys.items():
        head += text(key) + value(v)
    offset = 0
    for name, dims in tensors:
        head += text(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims)
        head += struct.pack("<IQ", 0, offset)
        size = 4
        for n in dims:
            size *= n
        offset += (size + 31) // 32 * 32
    with open(path, "wb") as file:
        file.write(head + bytes(-len(head) % 32) + bytes(offset))


def block(i):
    parts = {"attn_norm": [64], "attn_q": [64, 64], "attn_k": [64, 64], "attn_v": [64, 64],
             "attn_output": [64, 64], "ffn_norm": [64], "ffn_gate": [64, 128], "ffn_up": [64, 128],
             "ffn_down": [128, 64]}
    return [(f"blk.{i}.{name}.weight", dims) for name, dims in parts.items()]


def split(no, tensors):
    return {"split.no": (2, no), "split.count": (2, 2), "split.tensors.count": (5, tensors)}


model = {"general.architecture": "llama", "llama.block_count": (4, 2), "llama.context_length": (4, 512),
         "llama.embedding_length": (4, 64), "llama.feed_forward_length": (4, 128),
         "llama.attention.head_count": (4, 4), "llama.vocab_size": (4, 100),
         "llama.attention.layer_norm_rms_epsilon": 1e-5}
first = [("token_embd.weight", [64, 100]), ("output_norm.weight", [64])] + block(0)
write(sys.argv[1] + "-00001-of-00002.gguf", model | split(0, len(first) + 9), first)
write(sys.argv[1] + "-00002-of-00002.gguf", split(1, len(first) + 9), block(1))

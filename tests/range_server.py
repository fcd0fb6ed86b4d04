#!/usr/bin/env python3
"""A web server on loopback for the tests of remote models: byte ranges, redirects, the file list of a
hub, and faults.

    range_server.py FOLDER PORT_FILE LOG

serves FOLDER/files/OWNER/REPO/PATH as /OWNER/REPO/resolve/main/PATH and lists it at
/api/models/OWNER/REPO/tree/main.  A word before the path chooses a behaviour: /norange/..., /cut/...,
/endless/..., /lies/..., /nosize/..., /loop/..., /away/... (to another origin), /downgrade/...; a
repository of the owner "private" needs the token "good".  Each request is a line of LOG:
METHOD PATH RANGE AUTHORIZATION BYTES_SENT.
"""
import http.server
import json
import mmap
import os
import sys
import threading
import urllib.parse

FOLDER, PORT_FILE, LOG = sys.argv[1:4]
FAULTS = ("norange", "cut", "endless", "lies", "nosize", "loop", "away", "downgrade", "garbage",
          "direct")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, sent):
        with open(LOG, "a", encoding="utf-8") as log:
            log.write(" ".join([self.command, self.path, self.headers.get("Range") or "-",
                                (self.headers.get("Authorization") or "-").replace(" ", "_"),
                                str(sent), (self.headers.get("User-Agent") or "-")]) + "\n")

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.send(body)
        self.close_connection = True

    def send(self, body):
        sent = 0
        try:
            for at in range(0, len(body), 65536):
                self.wfile.write(body[at:at + 65536])
                sent += len(body[at:at + 65536])
        except OSError:
            pass
        self.note(sent)

    def list_files(self, repo, page):
        top, found = os.path.join(FOLDER, "files", repo), []
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                found.append({"type": "file", "oid": "0" * 40, "size": os.path.getsize(path),
                              "path": os.path.relpath(path, top),
                              "lfs": {"oid": f"{os.path.getsize(path):064x}",
                                      "size": os.path.getsize(path)}})
        found.sort(key=lambda entry: entry["path"])
        if not os.path.isdir(top):
            return self.answer(401, b'{"error":"Invalid username or password."}')
        if not repo.startswith("paged/"):
            return self.answer(200, json.dumps(found).encode())
        link = f'<http://{self.headers["Host"]}{self.path}&page={page + 1}>; rel="next"'
        more = {"Link": link} if page + 1 < len(found) else {}
        return self.answer(200, json.dumps(found[page:page + 1]).encode(), **more)

    def send_file(self, fault, data):
        total, wanted = len(data), self.headers.get("Range")
        if fault == "garbage":
            data = b"<!DOCTYPE html>" + data[15:1000]
            total = len(data)
        if fault == "endless":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.send_header("Content-Length", str(1 << 50))
            self.end_headers()
            return self.send(b"GGUF\3\0\0\0" + b"\xff" * (128 << 20))
        if fault == "nosize":
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            return self.send(data)
        if fault == "norange" or not wanted:
            return self.answer(200, data)
        first, last = (int(n) for n in wanted.removeprefix("bytes=").split("-"))
        last = min(last, total - 1)
        if first >= total:
            return self.answer(416)
        body = data[first:last + 1]
        if fault == "lies":
            first += 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{total}")
        self.send_header("ETag", f'"{total}"')
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        return self.send(body[:len(body) // 2] if fault == "cut" else body)

    def redirect(self, to):
        return self.answer(302, b"moved", Location=to)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        words = urllib.parse.unquote(url.path).strip("/").split("/")
        fault = words.pop(0) if words[0] in FAULTS else ""
        if words[:2] == ["api", "models"]:
            repo = "/".join(words[2:4])
            if words[2] == "private" and self.headers.get("Authorization") != "Bearer good":
                return self.answer(401)
            if words[2] == "broken":
                return self.answer(200, b'{"error":')
            query = urllib.parse.parse_qs(url.query)
            return self.list_files(repo, int(query.get("page", ["0"])[-1]))
        if words[2:4] != ["resolve", "main"]:
            return self.answer(404)
        path = os.path.join(FOLDER, "files", *words[:2], *words[4:])
        here = "http://" + self.headers["Host"]
        if fault == "loop":
            return self.redirect(here + self.path)
        if fault == "downgrade":
            return self.redirect("file:///etc/passwd")
        if fault == "away":
            return self.redirect(here.replace("127.0.0.1", "localhost") + "/direct/" + "/".join(words))
        if not os.path.isfile(path):
            return self.answer(404, b"Entry not found")
        if words[0] == "moved" and fault != "direct":
            return self.redirect(here.replace("127.0.0.1", "localhost") + "/direct/" + "/".join(words))
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return self.send_file(fault, data)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with open(PORT_FILE + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.rename(PORT_FILE + ".new", PORT_FILE)
    # The test that started us holds our stdin: we end with it.
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


main()

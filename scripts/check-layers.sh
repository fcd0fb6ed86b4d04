#!/bin/sh
# Rejects an include that does not point down.  Floors and their rooms, lowest first; rooms of one
# floor do not meet, but every room may use its own files.
cd "$(dirname "$0")/.." || exit 1
floors='
0 base
1 os
2 machine model settings
3 plan probe engine store
4 work
6 report
7 cli
'
grep -rnE '^#include "[a-z_]+/' src | awk -v floors="$floors" '
BEGIN {
    n = split(floors, line, "\n")
    for (i = 1; i <= n; i++) {
        m = split(line[i], word, " ")
        for (k = 2; k <= m; k++) floor[word[k]] = word[1]
    }
}
{
    split($0, part, ":")
    file = part[1]; where = part[1] ":" part[2]
    split(file, path, "/"); from = path[2]
    split($0, quoted, "\""); split(quoted[2], target, "/"); to = target[1]
    if (from == to) next
    if (!(to in floor) || !(from in floor)) {
        printf "%s: no floor is known for \"%s\"\n", where, (to in floor) ? from : to; bad = 1
    } else if (floor[to] >= floor[from]) {
        allowed = ""
        for (room in floor) if (floor[room] < floor[from]) allowed = allowed " " room
        printf "%s: %s (floor %d) must not include %s (floor %d); allowed:%s\n",
               where, from, floor[from], to, floor[to], allowed
        bad = 1
    }
}
END { exit bad }'

#!/bin/sh
# Measures how many lines of the two folders that decide (src/plan/, src/model/) the unit tests run,
# and prints TAP: a line for each folder, failed below 90 %, and one for the tests themselves.  Each
# file's figure is a comment; build/coverage/lines.txt names the lines that were not run.
#
#     scripts/coverage.sh
set -u
. "$(dirname "$0")/common.sh"
least=90 # percent of lines
folders='plan model'
dir=build/coverage
results=$dir/test-results
table=$dir/lines.csv

skip_all() {
    for folder in $folders; do echo "ok - src/$folder: lines covered # SKIP $1"; done
    echo "1..$(echo "$folders" | wc -w)"
    exit 0
}

# Counters of an earlier run would be added; notes of a file that is no more would be looked up.
forget_earlier_runs() {
    find "$dir" -name '*.gcda' -delete
    find "$dir" -name '*.gcno' | while read -r notes; do
        [ -f "${notes%.gcno}.o" ] || rm -f "$notes"
    done
}

run_unit_tests() { # the summary's last line says how many
    find "$dir/tests" -maxdepth 1 -type f -perm -100 -name 'test_*' | sort |
        TEST_JOBS=$(nproc 2>/dev/null || echo 2) xargs scripts/run-tests.sh "$results" >"$results.log" 2>&1
}

measure() { # lines.csv: file, lines, lines run, ...; lines.txt: which were not
    rm -f "$table"
    # shellcheck disable=SC2046 # the folders are words
    gcovr --root . --filter "src/($(echo "$folders" | tr ' ' '|'))/" \
        --csv "$table" --txt "$dir/lines.txt" \
        $(for folder in $folders; do echo "$dir/src/lib$folder.a.p"; done) >"$dir/gcovr.log" 2>&1 ||
        tail -n 20 "$dir/gcovr.log" >&2
}

command -v gcovr >/dev/null 2>&1 || scripts/bootstrap.sh long
command -v gcovr >/dev/null 2>&1 || skip_all 'gcovr is not installed'
command -v gcc >/dev/null 2>&1 || skip_all 'gcc is not installed'
scripts/build.sh coverage unit-tests || exit 1
forget_earlier_runs
passed=ok
run_unit_tests || passed='not ok'
[ "$passed" = ok ] || sed 's/^/# /' "$results.log"
measure
awk -F , -v least=$least -v folders="$folders" -v passed="$passed" \
    -v summary="$(tail -n 1 "$results.log")" '
    function percent(part, all) { return all ? 100 * part / all : 0 }
    $1 ~ /^src/ {
        split($1, path, "/")
        lines[path[2]] += $2
        run[path[2]] += $3
        printf "# %5.1f %%  %4d of %4d  %s\n", percent($3, $2), $3, $2, $1
    }
    END {
        n = split(folders, folder, " ")
        for (i = 1; i <= n; i++) {
            share = percent(run[folder[i]], lines[folder[i]])
            printf "%s %d - src/%s: %.1f %% of lines\n", share < least ? "not ok" : "ok", i,
                   folder[i], share
        }
        printf "%s %d - the tests pass when built for coverage: %s\n", passed, n + 1, summary
        printf "1..%d\n", n + 1
    }' "$table"

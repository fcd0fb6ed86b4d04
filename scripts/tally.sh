#!/bin/sh
# Adds up all TAP under a folder: the reasons of what was skipped, then exactly
# "N passed, N failed, N skipped".  Exit status 1 when a test failed, or when there was none.
#
#     scripts/tally.sh FOLDER [brief]       brief: only the counts
set -u
find "$1" -name '*.tap' -print0 | xargs -0 -r cat | awk -v brief="${2:-}" '
    /^(ok|not ok).*# SKIP/ {
        skipped++
        reason = $0
        sub(/.*# SKIP */, "", reason)
        # cmocka names the test where others give the reason, which was printed before
        if ($0 ~ /ok [0-9]+ # SKIP/ && said) reason = said " (" reason ")"
        why[reason]++
        said = ""
        next
    }
    /^ok/ { passed++; said = ""; next }
    /^not ok/ { failed++; said = ""; next }
    { said = $0 }
    END {
        if (!brief) for (reason in why) printf "skipped %d: %s\n", why[reason], reason | "sort"
        close("sort")
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0 || passed + failed + skipped == 0
    }'

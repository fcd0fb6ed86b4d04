#!/bin/sh
# Is every file as clang-format writes it?  Exit status 77 with a reason where this machine's
# clang-format is none, or another than the one the tree is written with: they differ.
. "$(dirname "$0")/common.sh"
wanted=14

command -v clang-format >/dev/null 2>&1 || { echo "clang-format is not installed"; exit 77; }
version=$(clang-format --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
if [ "$version" != $wanted ]; then
    echo "clang-format is version $version, the tree is written with $wanted"
    exit 77
fi
find src tests -name '*.[ch]' -o -name '*.cpp' | sort |
    xargs clang-format --dry-run -Werror 2>&1 | grep -A 2 'error:' >build/format.log || exit 0
sed 's/ \[-Wclang-format-violations\]//' build/format.log
echo "$(grep -c 'error:' build/format.log) places are not as clang-format writes them: make format"
exit 1

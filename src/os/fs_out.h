/* ---- os/fs_out.h: a large new file that appears whole or not at all.
 *
 * It is written beside its name ("NAME.PID.tmp"; through links, which stay) and renamed over it by
 * fs_out_commit(); until then others see the old file or none.  What a
 * killed process left of the same name is removed.  Holes cost no disk where the file
 * system knows sparse files. The bytes are not forced to the disk: who writes gigabytes can write
 * them again. */
#ifndef OS_FS_OUT_H
#define OS_FS_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct fs_out {
    const char *path, *temporary; /* in the arena given to fs_out_open */
    int fd;
    bool open;
    uint64_t at; /* bytes written and skipped so far */
};

/* Refuses what is no file, and a disk with less than `needs` bytes free. */
bool fs_out_open(struct arena *a, const char *path, uint64_t needs, struct fs_out *out,
                 struct err *err);
bool fs_out_write(struct fs_out *out, const void *bytes, size_t n, struct err *err);
/* The next n bytes read as zeros. */
bool fs_out_skip(struct fs_out *out, uint64_t n, struct err *err);
/* Takes the final name.  On failure nothing is left behind. */
bool fs_out_commit(struct fs_out *out, struct err *err);
/* Removes what was written; legal on a zeroed and on a committed file. */
void fs_out_abort(struct fs_out *out);

#endif

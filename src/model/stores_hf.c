/* The cache of Hugging Face's hub, which llama.cpp shares since its build of March 2026:
 *
 *     models--OWNER--REPO/refs/main                  a commit
 *     models--OWNER--REPO/snapshots/COMMIT/FILE      a link into ../../blobs/
 *
 * llama.cpp reads only the snapshot of refs/main, or of the first other branch
 * (common/hf-cache.cpp: get_cached_ref); we search that one first and then the others. */
#include "base/attr.h"
#include "base/vec.h"
#include "model/stores_impl.h"

enum { COMMIT_DIGITS = 40, REF_MAX = 4096, REPO_ID_MAX = 256 };

static const char prefix[] = "models--";

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool repo_id_valid(const char *id)
{
    size_t slashes = 0;
    bool special = true; /* "/", "." and "-" stand between others */
    if (strlen(id) > REPO_ID_MAX)
        return false;
    for (const char *p = id; *p; p++) {
        if (is_alphanumeric(*p) || *p == '_') {
            special = false;
        } else {
            if (special || (*p != '/' && *p != '.' && *p != '-'))
                return false;
            slashes += *p == '/';
            special = true;
        }
    }
    return !special && slashes == 1;
}

/* The repository of a folder "models--OWNER--REPO", or NULL. */
static const char *id_of_folder(struct arena *a, const char *folder)
{
    struct strbuf id = {0};
    for (const char *p = folder + strlen(prefix); *p; p++) {
        bool slash = p[0] == '-' && p[1] == '-';
        strbuf_addc(&id, slash ? '/' : *p);
        p += slash;
    }
    const char *text = strbuf_take(&id, a);
    return repo_id_valid(text) ? text : NULL;
}

static const char *folder_of_id(struct arena *a, const char *id)
{
    const char *slash = strchr(id, '/');
    return arena_printf(a, "%s%.*s--%s", prefix, (int)(slash - id), id, slash + 1);
}

static bool is_commit(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f') ||
              (s.p[i] >= 'A' && s.p[i] <= 'F')))
            return false;
    return s.n == COMMIT_DIGITS;
}

static const char *commit_of_ref(struct walk *w, struct arena *scratch, const char *ref)
{
    struct err ignored = {0};
    struct str text, line = {0};
    if (!fs_read(w->fs, scratch, ref, REF_MAX, &text, &ignored))
        return NULL;
    return str_line(&text, &line) && is_commit(line) ? str_dup(scratch, line) : NULL;
}

/* The commit of main, else of the first branch that has one, else "". */
static const char *cached_commit(struct walk *w, struct arena *scratch, const char *repo)
{
    const char *refs = path_join(scratch, repo, "refs");
    const char *commit = commit_of_ref(w, scratch, path_join(scratch, refs, "main"));
    struct fs_names names = {0};
    if (!commit)
        names = walk_names(w, scratch, refs);
    for (size_t i = 0; i < names.n && !commit; i++)
        commit = commit_of_ref(w, scratch, path_join(scratch, refs, names.v[i]));
    return commit ? commit : "";
}

static void add_snapshot(struct hunt *h, const char *id, const char *dir)
{
    struct gguf_files files = {0};
    walk_gguf(&h->walk, dir, WALK_DEPTH, &files);
    hunt_add(
        h, &(struct shelf){
               .store = "huggingface", .id = id, .scope = SCOPE_REPO, .v = files.v, .n = files.n});
}

static void add_repo(struct hunt *h, const char *hub, const char *folder)
{
    struct arena scratch = {0};
    const char *repo = path_join(&scratch, hub, folder);
    const char *snapshots = path_join(&scratch, repo, "snapshots");
    struct fs_names names = walk_names(&h->walk, &scratch, snapshots);
    if (names.n) {
        const char *id = id_of_folder(h->walk.a, folder);
        const char *commit = cached_commit(&h->walk, &scratch, repo);
        if (*commit)
            add_snapshot(h, id, path_join(&scratch, snapshots, commit));
        for (size_t i = 0; i < names.n; i++)
            if (strcmp(names.v[i], commit) != 0)
                add_snapshot(h, id, path_join(&scratch, snapshots, names.v[i]));
    }
    arena_release(&scratch);
}

void hunt_hub(struct hunt *h, const char *hub)
{
    struct arena scratch = {0};
    struct fs_names names = {0};
    if (h->id)
        add_repo(h, hub, folder_of_id(&scratch, h->id));
    else
        names = walk_names(&h->walk, &scratch, hub);
    for (size_t i = 0; i < names.n; i++)
        if (cstr_starts(names.v[i], prefix))
            add_repo(h, hub, names.v[i]);
    arena_release(&scratch);
}

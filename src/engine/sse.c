/* Lines, then events: "data:" lines up to an empty line (the WHATWG rules without id and retry). */
#include "engine/sse.h"

static bool end_of_line(struct sse *s, bool (*event)(void *user, struct str data), void *user)
{
    struct str line = {strbuf_cstr(&s->line), s->line.len};
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    bool go_on = true;
    if (line.n == 0) {
        if (s->data.len) {
            s->data.len--; /* the newline behind the last data line */
            go_on = event(user, (struct str){strbuf_cstr(&s->data), s->data.len});
            strbuf_clear(&s->data);
        }
    } else if (str_starts(line, "data:")) {
        line.p += 5;
        line.n -= 5;
        if (line.n && line.p[0] == ' ') {
            line.p++;
            line.n--;
        }
        strbuf_add(&s->data, line.p, line.n);
        strbuf_addc(&s->data, '\n');
    }
    strbuf_clear(&s->line);
    return go_on;
}

bool sse_feed(struct sse *s, struct str bytes, bool (*event)(void *user, struct str data),
              void *user)
{
    while (bytes.n) {
        const char *newline = memchr(bytes.p, '\n', bytes.n);
        size_t n = newline ? (size_t)(newline - bytes.p) : bytes.n;
        if (s->line.len + s->data.len + n > SSE_EVENT_MAX) {
            s->overflow = true;
            return false;
        }
        strbuf_add(&s->line, bytes.p, n);
        n += newline != NULL;
        bytes.p += n;
        bytes.n -= n;
        if (newline && !end_of_line(s, event, user))
            return false;
    }
    return true;
}

void sse_release(struct sse *s)
{
    strbuf_release(&s->line);
    strbuf_release(&s->data);
    s->overflow = false;
}

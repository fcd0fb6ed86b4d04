/* Bytes as a stream of server-sent events: however it is cut, the same events come out.
 *
 * The first byte says how it is cut, the rest is the stream. */
#include "engine/sse.h"
#include "fuzz.h"

struct heard {
    struct strbuf events; /* each followed by a byte that no stream of text has */
    size_t n, stop_after;
};

static bool hear(void *user, struct str data)
{
    struct heard *h = user;
    strbuf_add(&h->events, data.p, data.n);
    strbuf_addc(&h->events, '\x01');
    h->n++;
    return h->n != h->stop_after;
}

static struct heard feed_whole(struct str stream, size_t stop_after)
{
    struct sse sse = {0};
    struct heard h = {.stop_after = stop_after};
    bool all = sse_feed(&sse, stream, hear, &h);
    REQUIRE(all == !(stop_after && h.n == stop_after), "it stopped for no reason");
    REQUIRE(sse.line.len + sse.data.len <= stream.n, "more is kept than came");
    sse_release(&sse);
    return h;
}

/* Pieces of 1 to `longest` bytes, each a copy of its own. */
static struct heard feed_cut(struct str stream, uint32_t longest, size_t stop_after)
{
    struct sse sse = {0};
    struct heard h = {.stop_after = stop_after};
    uint32_t seed = longest * 2654435761u + 1;
    bool more = true;
    for (size_t at = 0, n; more && at < stream.n; at += n) {
        seed = seed * 1664525u + 1013904223u;
        n = 1 + (seed >> 16) % longest;
        if (n > stream.n - at)
            n = stream.n - at;
        char *piece = exact_copy((const uint8_t *)stream.p + at, n);
        more = sse_feed(&sse, (struct str){piece, n}, hear, &h);
        free(piece);
    }
    sse_release(&sse);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *bytes = exact_copy(data + 1, size - 1);
    struct str stream = {bytes, size - 1};
    size_t stop_after = data[0] >> 6; /* a listener that had enough */
    struct heard whole = feed_whole(stream, stop_after);
    struct heard cut = feed_cut(stream, 1 + data[0] % 64, stop_after);
    REQUIRE(whole.n == cut.n, "%zu events from the whole stream, %zu from its pieces", whole.n,
            cut.n);
    REQUIRE(whole.events.len == cut.events.len &&
                memcmp(strbuf_cstr(&whole.events), strbuf_cstr(&cut.events), cut.events.len) == 0,
            "the events differ");
    strbuf_release(&whole.events);
    strbuf_release(&cut.events);
    free(bytes);
    return 0;
}

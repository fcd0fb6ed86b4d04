/* Timed prompt and generation runs on the open context. */
#include "engine/worker/measure.h"

#include <stdlib.h>

#include "ggml.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes' LCG: any tokens will do */
    return *state >> 8;
}

/* Decodes n random tokens in batches of the context's own size. */
static bool feed(struct loaded *s, uint32_t n, uint32_t *seed, struct err *err)
{
    uint32_t batch = llama_n_batch(s->ctx);
    int32_t vocab = llama_vocab_n_tokens(llama_model_get_vocab(s->model));
    llama_token *tokens = malloc(sizeof(*tokens) * (batch ? batch : 1));
    if (!tokens)
        arena_out_of_memory(batch);
    int status = 0;
    for (uint32_t done = 0; done < n && status == 0;) {
        uint32_t chunk = n - done < batch ? n - done : batch;
        for (uint32_t i = 0; i < chunk; i++)
            tokens[i] = (llama_token)(next_random(seed) % (uint32_t)(vocab > 0 ? vocab : 1));
        status = llama_decode(s->ctx, llama_batch_get_one(tokens, (int32_t)chunk));
        done += chunk;
    }
    free(tokens);
    llama_synchronize(s->ctx);
    if (status)
        return err_set(err, ERR_ENGINE, "the engine failed to decode %u tokens (status %d)",
                       (unsigned)n, status);
    return true;
}

static bool one_by_one(struct loaded *s, uint32_t n, uint32_t *seed, struct err *err)
{
    for (uint32_t i = 0; i < n; i++)
        if (!feed(s, 1, seed, err))
            return false;
    return true;
}

/* Back to an empty cache filled to the depth asked for. */
static bool prepare(struct loaded *s, uint32_t depth, uint32_t *seed, struct err *err)
{
    llama_memory_t memory = llama_get_memory(s->ctx);
    if (memory)
        llama_memory_clear(memory, false);
    return feed(s, depth, seed, err);
}

typedef bool step(struct loaded *s, uint32_t n, uint32_t *seed, struct err *err);

static bool timed(struct loaded *s, const struct measure_request *r, uint32_t n, step *run,
                  json_t *seconds, struct err *err)
{
    uint32_t seed = 1;
    for (uint32_t i = 0; i < r->repeats && n; i++) {
        if (!prepare(s, r->depth, &seed, err))
            return false;
        int64_t start = ggml_time_us();
        if (!run(s, n, &seed, err))
            return false;
        json_array_append_new(seconds, json_real((double)(ggml_time_us() - start) / 1e6));
    }
    return true;
}

bool measure_run(struct loaded *s, const struct measure_request *r, json_t *out, struct err *err)
{
    uint64_t need = (uint64_t)r->depth + r->prompt_tokens;
    uint64_t gen = (uint64_t)r->depth + r->gen_tokens;
    uint64_t longest = need > gen ? need : gen;
    if (longest > llama_n_ctx_seq(s->ctx))
        return err_set(err, ERR_USAGE, "%llu tokens do not fit a context of %u",
                       (unsigned long long)longest, (unsigned)llama_n_ctx_seq(s->ctx));
    json_t *prompt = json_array(), *generation = json_array();
    js_put(out, "prompt_s", prompt);
    js_put(out, "gen_s", generation);
    uint32_t seed = 7;
    return one_by_one(s, 2, &seed, err) && /* warm-up: graphs, page faults */
           timed(s, r, r->prompt_tokens, feed, prompt, err) &&
           timed(s, r, r->gen_tokens, one_by_one, generation, err);
}

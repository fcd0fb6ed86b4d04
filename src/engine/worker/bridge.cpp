/* llama_get_memory_breakdown returns a std::map; here it becomes an array of C structs. */
#include "engine/worker/bridge.h"

#include "ggml-backend.h"
#include "llama-ext.h"

size_t bridge_breakdown(const struct llama_context *ctx, struct bridge_buffer *out, size_t cap)
{
    size_t n = 0;
    for (const auto &entry : llama_get_memory_breakdown(ctx)) {
        ggml_backend_buffer_type_t buft = entry.first;
        ggml_backend_dev_t dev = ggml_backend_buft_get_device(buft);
        if (n < cap) {
            out[n].name = ggml_backend_buft_name(buft);
            out[n].device = dev ? ggml_backend_dev_name(dev) : "CPU";
            /* repacked weights are host memory although ggml does not call the type "host" */
            out[n].host = ggml_backend_buft_is_host(buft) || !dev ||
                          ggml_backend_dev_type(dev) == GGML_BACKEND_DEVICE_TYPE_CPU;
            out[n].model = entry.second.model;
            out[n].context = entry.second.context;
            out[n].compute = entry.second.compute;
        }
        n++;
    }
    return n;
}

/* ---- engine/worker/placement.h: settings as llama.cpp's parameter structs.
 *
 * The same mapping that llama-server makes (common/common.cpp: common_model_params_to_llama,
 * common_context_params_to_llama; tools/server/server-context.cpp: server_output_limits). */
#ifndef ENGINE_WORKER_PLACEMENT_H
#define ENGINE_WORKER_PLACEMENT_H

#include "base/arena.h"
#include "base/err.h"
#include "llama.h"
#include "settings/settings.h"

/* Devices, overrides and splits live in the arena, which must outlive the model. */
bool placement_model_params(struct arena *a, const struct settings *s,
                            struct llama_model_params *out, struct err *err);

void placement_context_params(const struct settings *s, struct llama_context_params *out);

#endif

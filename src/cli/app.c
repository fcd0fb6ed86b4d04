/* What commands do alike with their result. */
#include <stdlib.h>

#include "cli/command.h"

void app_put_json(struct app *app, json_t *document)
{
    char *text = js_text(document);
    strbuf_adds(&app->out, text);
    free(text);
    json_decref(document);
}

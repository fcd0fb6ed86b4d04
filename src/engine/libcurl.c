/* The functions of libcurl that we call. */
#include "engine/libcurl.h"

#include "base/arena.h"
#include "os/dl.h"

static struct libcurl curl;
static bool loaded;

const struct libcurl *libcurl_load(struct err *err)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl.4.dylib", "libcurl-gnutls.so.4",
                                        NULL};
    const struct dl_symbol symbols[] = {
        {"curl_global_init", &curl.global_init, true},
        {"curl_easy_init", &curl.easy_init, true},
        {"curl_easy_setopt", &curl.easy_setopt, true},
        {"curl_easy_getinfo", &curl.easy_getinfo, true},
        {"curl_easy_perform", &curl.easy_perform, true},
        {"curl_easy_cleanup", &curl.easy_cleanup, true},
        {"curl_easy_strerror", &curl.easy_strerror, true},
        {"curl_slist_append", &curl.slist_append, true},
        {"curl_slist_free_all", &curl.slist_free_all, true},
        {"curl_multi_init", &curl.multi_init, true},
        {"curl_multi_add_handle", &curl.multi_add_handle, true},
        {"curl_multi_remove_handle", &curl.multi_remove_handle, true},
        {"curl_multi_perform", &curl.multi_perform, true},
        {"curl_multi_poll", &curl.multi_poll, true},
        {"curl_multi_info_read", &curl.multi_info_read, true},
        {"curl_multi_cleanup", &curl.multi_cleanup, true},
    };
    if (loaded)
        return &curl;
    if (!dl_open(names, symbols, COUNT_OF(symbols), err)) {
        err_hint(err, "install libcurl (Debian: libcurl4)");
        return NULL;
    }
    if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(err, ERR_FAILED, "libcurl cannot be initialised");
        return NULL;
    }
    loaded = true;
    return &curl;
}

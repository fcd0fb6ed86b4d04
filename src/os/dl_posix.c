/* dlopen and friends. */
#include "os/dl.h"

#include <dlfcn.h>
#include <string.h>

bool dl_open(const char *const *names, const struct dl_symbol *symbols, size_t n, struct err *err)
{
    void *lib = NULL;
    for (size_t i = 0; names[i] && !lib; i++)
        lib = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        return err_set(err, ERR_FAILED, "the library \"%s\" cannot be loaded", names[0]);
    for (size_t i = 0; i < n; i++) {
        void *address = dlsym(lib, symbols[i].name);
        if (!address && symbols[i].required)
            return err_set(err, ERR_FAILED, "the library \"%s\" lacks \"%s\"", names[0],
                           symbols[i].name);
        memcpy(symbols[i].slot, &address, sizeof(address)); /* ISO C has no such cast */
    }
    return true;
}

/* ---- os/net.h: may we listen there? ---- */
#ifndef OS_NET_H
#define OS_NET_H

#include "base/err.h"

/* Binds a TCP socket to host and port and lets it go again, as a server would that starts now.
 * False (ERR_FAILED) names who is in the way: the port is taken, the address is not ours. */
bool net_can_listen(const char *host, const char *port, struct err *err);

#endif

// libpq as Swift sees it, and the one Linux call that the Glibc module does not export.
#include <libpq-fe.h>
#ifdef __linux__
#include <sys/eventfd.h>
#endif

// hiredis as Swift sees it: only its command formatter and its reply reader are used, no socket of its own.
#include <sys/time.h>
#include <hiredis/hiredis.h>

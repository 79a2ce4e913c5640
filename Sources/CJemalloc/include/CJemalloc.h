// Links jemalloc into a program: nothing to call, every malloc is its.

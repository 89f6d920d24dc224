// Ctrl-C, SIGTERM and SIGHUP as a request to stop cleanly.
#pragma once
#include <signal.h>

// From now on the first of these signals sets the flag to its number; a second one ends the program
// at once. Returns the flag, 0 until then.
const volatile sig_atomic_t* stop_watch(void);

// A request to stop. The flag is the one mutable global of the program: a signal handler can reach
// nothing else.
#include "runs/stop.h"

#include <stddef.h>

static volatile sig_atomic_t stop_flag;

static void note_signal(int number) {
    stop_flag = number;
}

const volatile sig_atomic_t* stop_watch(void) {
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART | SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction before;
        sigaction(signals[i], NULL, &before);
        if (before.sa_handler != SIG_IGN) { // nohup and background jobs keep what they ignore
            sigaction(signals[i], &action, NULL);
        }
    }
    return &stop_flag;
}

// Which key does what: one table for the keyboard and for the help that is shown.
#pragma once
#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

#include "viz/session.h"

typedef enum Command {
    COMMAND_NONE,
    COMMAND_ACT, // argument: a CairnAction
    COMMAND_PLAY,
    COMMAND_STEP, // argument: by how many steps
    COMMAND_FIRST,
    COMMAND_LAST,
    COMMAND_SEEK,  // argument: the step
    COMMAND_MARK,  // argument: -1 or 1, to the achievement unlocked before or after
    COMMAND_SPEED, // argument: -1 or 1
    COMMAND_TURN,  // argument: -1 or 1, to another episode
    COMMAND_CONTROL,
    COMMAND_HELP,
    COMMAND_ZOOM, // argument: -1 or 1, smaller or larger text
    COMMAND_FULLSCREEN,
    COMMAND_LEAVE, // closes the help
    COMMAND_QUIT
} Command;

typedef struct Order {
    Command command;
    int64_t argument;
} Order;

typedef enum KeyWhen { // sets of situations
    WHEN_LOOKING = 1,  // a file, or the agent acts
    WHEN_ACTING = 2,   // the person acts
    WHEN_ALWAYS = 3,
    WHEN_OVER = 4 // the person acted, and the episode has ended
} KeyWhen;

typedef struct KeyBinding {
    SDL_Keycode key;
    bool shift, control;
    KeyWhen when;
    Order order;
    const char* shown; // in the help; NULL: not there
    const char* help;
} KeyBinding;

const KeyBinding* keys_table(int32_t* count);
int keys_situation(const Session* session); // a set of KeyWhen
// What pressing the key orders; modifiers as SDL has them.
Order keys_order(const Session* session, SDL_Keycode key, uint16_t modifiers);
// Whether the binding belongs into this session's help.
bool keys_shown(const Session* session, const KeyBinding* binding);

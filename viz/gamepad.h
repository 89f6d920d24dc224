// A gamepad as keys of the game: what is pressed becomes an order, what is held an action.
#pragma once
#include <SDL.h>
#include <stdbool.h>

#include "viz/keys.h"

typedef struct Gamepad {
    SDL_GameController* controller; // owned; NULL: none is there
    int32_t held;                   // CairnAction; -1: none
    int32_t button;                 // that holds it; -1: the stick
    bool pickaxes, swords;          // left or right trigger
} Gamepad;

Gamepad gamepad_none(void);
void gamepad_close(Gamepad* gamepad);
// Looks at an event; COMMAND_NONE when it is not a gamepad's or orders nothing.
Order gamepad_order(Gamepad* gamepad, const SDL_Event* event);

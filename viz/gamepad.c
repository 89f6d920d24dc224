#include "viz/gamepad.h"

#include <stdlib.h>

enum { PUSHED = 18000, LET_GO = 9000, NOTHING = -1 }; // of 32767

Gamepad gamepad_none(void) {
    return (Gamepad){.held = NOTHING, .button = NOTHING};
}

void gamepad_close(Gamepad* gamepad) {
    if (gamepad->controller) {
        SDL_GameControllerClose(gamepad->controller);
    }
    *gamepad = gamepad_none();
}

static int32_t action_of(const Gamepad* gamepad, int button) {
    const int tier = button == SDL_CONTROLLER_BUTTON_A   ? 0
                     : button == SDL_CONTROLLER_BUTTON_X ? 1
                     : button == SDL_CONTROLLER_BUTTON_Y ? 2
                                                         : NOTHING;
    if (tier >= 0 && gamepad->pickaxes) {
        return CAIRN_MAKE_WOOD_PICKAXE + tier;
    }
    if (tier >= 0 && gamepad->swords) {
        return CAIRN_MAKE_WOOD_SWORD + tier;
    }
    switch (button) {
    case SDL_CONTROLLER_BUTTON_DPAD_LEFT:
        return CAIRN_MOVE_LEFT;
    case SDL_CONTROLLER_BUTTON_DPAD_RIGHT:
        return CAIRN_MOVE_RIGHT;
    case SDL_CONTROLLER_BUTTON_DPAD_UP:
        return CAIRN_MOVE_UP;
    case SDL_CONTROLLER_BUTTON_DPAD_DOWN:
        return CAIRN_MOVE_DOWN;
    case SDL_CONTROLLER_BUTTON_A:
        return CAIRN_DO;
    case SDL_CONTROLLER_BUTTON_B:
        return CAIRN_SLEEP;
    case SDL_CONTROLLER_BUTTON_X:
        return CAIRN_PLACE_STONE;
    case SDL_CONTROLLER_BUTTON_Y:
        return CAIRN_PLACE_TABLE;
    case SDL_CONTROLLER_BUTTON_LEFTSHOULDER:
        return CAIRN_PLACE_PLANT;
    case SDL_CONTROLLER_BUTTON_RIGHTSHOULDER:
        return CAIRN_PLACE_FURNACE;
    default:
        return NOTHING;
    }
}

static Order pressed(Gamepad* gamepad, int button) {
    if (button == SDL_CONTROLLER_BUTTON_START) {
        return (Order){COMMAND_PLAY, 0};
    }
    if (button == SDL_CONTROLLER_BUTTON_BACK) {
        return (Order){COMMAND_HELP, 0};
    }
    const int32_t action = action_of(gamepad, button);
    if (action == NOTHING) {
        return (Order){COMMAND_NONE, 0};
    }
    gamepad->held = action, gamepad->button = button;
    return (Order){COMMAND_ACT, action};
}

// The left stick: one order when it is pushed, held until it is let go.
static Order moved(Gamepad* gamepad, const SDL_ControllerAxisEvent* event) {
    static const int32_t directions[2][2] = {{CAIRN_MOVE_LEFT, CAIRN_MOVE_RIGHT},
                                             {CAIRN_MOVE_UP, CAIRN_MOVE_DOWN}};
    const Order nothing = {COMMAND_NONE, 0};
    switch (event->axis) {
    case SDL_CONTROLLER_AXIS_TRIGGERLEFT:
        gamepad->pickaxes = event->value > PUSHED;
        return nothing;
    case SDL_CONTROLLER_AXIS_TRIGGERRIGHT:
        gamepad->swords = event->value > PUSHED;
        return nothing;
    case SDL_CONTROLLER_AXIS_LEFTX:
    case SDL_CONTROLLER_AXIS_LEFTY:
        break;
    default:
        return nothing;
    }
    const int32_t* direction = directions[event->axis == SDL_CONTROLLER_AXIS_LEFTY];
    const bool own = gamepad->button == NOTHING &&
                     (gamepad->held == direction[0] || gamepad->held == direction[1]);
    if (own && abs(event->value) < LET_GO) {
        gamepad->held = NOTHING;
    } else if (!own && abs(event->value) > PUSHED) {
        gamepad->held = direction[event->value > 0], gamepad->button = NOTHING;
        return (Order){COMMAND_ACT, gamepad->held};
    }
    return nothing;
}

Order gamepad_order(Gamepad* gamepad, const SDL_Event* event) {
    switch (event->type) {
    case SDL_CONTROLLERDEVICEADDED:
        if (!gamepad->controller) {
            gamepad->controller = SDL_GameControllerOpen(event->cdevice.which);
        }
        break;
    case SDL_CONTROLLERDEVICEREMOVED:
        gamepad_close(gamepad);
        break;
    case SDL_CONTROLLERBUTTONDOWN:
        return pressed(gamepad, event->cbutton.button);
    case SDL_CONTROLLERBUTTONUP:
        if (gamepad->button == event->cbutton.button) {
            gamepad->held = gamepad->button = NOTHING;
        }
        break;
    case SDL_CONTROLLERAXISMOTION:
        return moved(gamepad, &event->caxis);
    default:
        break;
    }
    return (Order){COMMAND_NONE, 0};
}

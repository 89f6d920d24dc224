#include "viz/keys.h"

#define ACT(key, action, shown, help)                                                              \
    { key, false, false, WHEN_ACTING, {COMMAND_ACT, action}, shown, help }
#define PLAIN(key, when, command, argument, shown, help)                                           \
    { key, false, false, when, {command, argument}, shown, help }
#define SHIFT(key, when, command, argument, shown, help)                                           \
    { key, true, false, when, {command, argument}, shown, help }
#define CONTROL(key, when, command, argument, shown, help)                                         \
    { key, false, true, when, {command, argument}, shown, help }

// The game's keys are the original's. Earlier entries come first in the help.
static const KeyBinding table[] = {
    ACT(SDLK_w, CAIRN_MOVE_UP, "W A S D", "Move, or turn towards"),
    ACT(SDLK_a, CAIRN_MOVE_LEFT, NULL, NULL),
    ACT(SDLK_s, CAIRN_MOVE_DOWN, NULL, NULL),
    ACT(SDLK_d, CAIRN_MOVE_RIGHT, NULL, NULL),
    ACT(SDLK_UP, CAIRN_MOVE_UP, NULL, NULL),
    ACT(SDLK_LEFT, CAIRN_MOVE_LEFT, NULL, NULL),
    ACT(SDLK_DOWN, CAIRN_MOVE_DOWN, NULL, NULL),
    ACT(SDLK_RIGHT, CAIRN_MOVE_RIGHT, NULL, NULL),
    ACT(SDLK_SPACE, CAIRN_DO, "Space", "Collect, drink, eat, attack"),
    ACT(SDLK_TAB, CAIRN_SLEEP, "Tab", "Sleep"),
    ACT(SDLK_t, CAIRN_PLACE_TABLE, "T", "Place a table (wood)"),
    ACT(SDLK_r, CAIRN_PLACE_STONE, "R", "Place a stone"),
    ACT(SDLK_f, CAIRN_PLACE_FURNACE, "F", "Place a furnace (stone)"),
    ACT(SDLK_p, CAIRN_PLACE_PLANT, "P", "Place a sapling"),
    ACT(SDLK_1, CAIRN_MAKE_WOOD_PICKAXE, "1", "Make a wood pickaxe"),
    ACT(SDLK_2, CAIRN_MAKE_STONE_PICKAXE, "2", "Make a stone pickaxe"),
    ACT(SDLK_3, CAIRN_MAKE_IRON_PICKAXE, "3", "Make an iron pickaxe"),
    ACT(SDLK_4, CAIRN_MAKE_WOOD_SWORD, "4", "Make a wood sword"),
    ACT(SDLK_5, CAIRN_MAKE_STONE_SWORD, "5", "Make a stone sword"),
    ACT(SDLK_6, CAIRN_MAKE_IRON_SWORD, "6", "Make an iron sword"),
    ACT(SDLK_x, CAIRN_NOOP, "X", "Wait a step"),
    PLAIN(SDLK_RETURN, WHEN_ACTING, COMMAND_PLAY, 0, "Enter", "Pause, or go on"),

    PLAIN(SDLK_SPACE, WHEN_LOOKING, COMMAND_PLAY, 0, "Space", "Play, pause"),
    PLAIN(SDLK_LEFT, WHEN_LOOKING, COMMAND_STEP, -1, "\u2190 \u2192", "A step back, forward"),
    PLAIN(SDLK_RIGHT, WHEN_LOOKING, COMMAND_STEP, 1, NULL, NULL),
    SHIFT(SDLK_LEFT, WHEN_LOOKING, COMMAND_STEP, -10, "Shift \u2190 \u2192", "Ten steps"),
    SHIFT(SDLK_RIGHT, WHEN_LOOKING, COMMAND_STEP, 10, NULL, NULL),
    PLAIN(SDLK_UP, WHEN_LOOKING, COMMAND_SPEED, 1, NULL, NULL),
    PLAIN(SDLK_DOWN, WHEN_LOOKING, COMMAND_SPEED, -1, NULL, NULL),
    PLAIN(SDLK_COMMA, WHEN_ALWAYS, COMMAND_STEP, -1, ",  .", "Look a step back, forward"),
    PLAIN(SDLK_PERIOD, WHEN_ALWAYS, COMMAND_STEP, 1, NULL, NULL),
    PLAIN(SDLK_LEFTBRACKET, WHEN_ALWAYS, COMMAND_MARK, -1, "[  ]",
          "To the achievement before, after"),
    PLAIN(SDLK_RIGHTBRACKET, WHEN_ALWAYS, COMMAND_MARK, 1, NULL, NULL),
    PLAIN(SDLK_HOME, WHEN_ALWAYS, COMMAND_FIRST, 0, "Home End", "To the first, the last step"),
    PLAIN(SDLK_END, WHEN_ALWAYS, COMMAND_LAST, 0, NULL, NULL),
    PLAIN(SDLK_MINUS, WHEN_ALWAYS, COMMAND_SPEED, -1, "\u2212  +", "Slower, faster"),
    PLAIN(SDLK_EQUALS, WHEN_ALWAYS, COMMAND_SPEED, 1, NULL, NULL),
    SHIFT(SDLK_EQUALS, WHEN_ALWAYS, COMMAND_SPEED, 1, NULL, NULL),
    PLAIN(SDLK_PLUS, WHEN_ALWAYS, COMMAND_SPEED, 1, NULL, NULL),
    SHIFT(SDLK_PLUS, WHEN_ALWAYS, COMMAND_SPEED, 1, NULL, NULL),
    PLAIN(SDLK_KP_MINUS, WHEN_ALWAYS, COMMAND_SPEED, -1, NULL, NULL),
    PLAIN(SDLK_KP_PLUS, WHEN_ALWAYS, COMMAND_SPEED, 1, NULL, NULL),
    PLAIN(SDLK_b, WHEN_LOOKING, COMMAND_TURN, -1, "B  N", "To the episode before, after"),
    PLAIN(SDLK_n, WHEN_LOOKING, COMMAND_TURN, 1, NULL, NULL),
    // A game that is being played must not be lost by a slip of the finger.
    PLAIN(SDLK_n, WHEN_OVER, COMMAND_TURN, 1, NULL, NULL),
    PLAIN(SDLK_PAGEUP, WHEN_ACTING, COMMAND_TURN, -1, "PgUp PgDn", "To the world before, after"),
    PLAIN(SDLK_PAGEDOWN, WHEN_ACTING, COMMAND_TURN, 1, NULL, NULL),
    PLAIN(SDLK_PAGEUP, WHEN_LOOKING, COMMAND_TURN, -1, NULL, NULL),
    PLAIN(SDLK_PAGEDOWN, WHEN_LOOKING, COMMAND_TURN, 1, NULL, NULL),
    PLAIN(SDLK_c, WHEN_ALWAYS, COMMAND_CONTROL, 0, "C", "Take control, give it back"),
    PLAIN(SDLK_h, WHEN_ALWAYS, COMMAND_HELP, 0, "H", "This help"),
    PLAIN(SDLK_F1, WHEN_ALWAYS, COMMAND_HELP, 0, NULL, NULL),
    SHIFT(SDLK_SLASH, WHEN_ALWAYS, COMMAND_HELP, 0, NULL, NULL),
    PLAIN(SDLK_F11, WHEN_ALWAYS, COMMAND_FULLSCREEN, 0, "F11", "Full screen"),
    CONTROL(SDLK_MINUS, WHEN_ALWAYS, COMMAND_ZOOM, -1, "Ctrl \u2212 +", "Smaller, larger text"),
    CONTROL(SDLK_EQUALS, WHEN_ALWAYS, COMMAND_ZOOM, 1, NULL, NULL),
    CONTROL(SDLK_PLUS, WHEN_ALWAYS, COMMAND_ZOOM, 1, NULL, NULL),
    PLAIN(SDLK_ESCAPE, WHEN_ALWAYS, COMMAND_LEAVE, 0, NULL, NULL),
    PLAIN(SDLK_q, WHEN_LOOKING, COMMAND_QUIT, 0, NULL, NULL),
    CONTROL(SDLK_q, WHEN_ALWAYS, COMMAND_QUIT, 0, "Ctrl Q", "Quit"),
};

const KeyBinding* keys_table(int32_t* count) {
    *count = (int32_t)(sizeof table / sizeof table[0]);
    return table;
}

int keys_situation(const Session* session) {
    return !session->human          ? WHEN_LOOKING
           : session_ended(session) ? WHEN_ACTING | WHEN_OVER
                                    : WHEN_ACTING;
}

Order keys_order(const Session* session, SDL_Keycode key, uint16_t modifiers) {
    const int now = keys_situation(session);
    const bool shift = modifiers & KMOD_SHIFT, control = modifiers & (KMOD_CTRL | KMOD_GUI);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const KeyBinding* binding = &table[i];
        // A person who plays may hold shift by chance; it means nothing to the game.
        const bool same_shift = binding->shift == shift || binding->order.command == COMMAND_ACT;
        if (binding->key == key && ((int)binding->when & now) && same_shift &&
            binding->control == control && !(modifiers & KMOD_ALT)) {
            return binding->order;
        }
    }
    return (Order){COMMAND_NONE, 0};
}

bool keys_shown(const Session* session, const KeyBinding* binding) {
    if (!binding->shown || !((int)binding->when & keys_situation(session))) {
        return false;
    }
    switch (binding->order.command) {
    case COMMAND_CONTROL:
        return session->options.mode == SESSION_WATCH;
    case COMMAND_TURN:
        return session->live || session->options.path_count > 1;
    case COMMAND_STEP: // looking, the arrows do the same
        return binding->key != SDLK_COMMA || session->human;
    case COMMAND_PLAY:
        return binding->when == WHEN_LOOKING || session->realtime ||
               session->options.mode == SESSION_WATCH;
    default:
        return true;
    }
}

// Proves viz/keys.c and viz/gamepad.c: the original's keys, no key that means two things at once,
// and what a gamepad's events order.
#include <check.h>
#include <string.h>

#include "tests/suite.h"
#include "viz/gamepad.h"
#include "viz/keys.h"

static Session* open_session(SessionMode mode) {
    SessionOptions options = session_default_options(mode);
    Session* session = NULL;
    char why[SESSION_WHY] = "";
    ck_assert_msg(session_create(&options, &session, why), "%s", why);
    return session;
}

// The keys of the original's human interface.
START_TEST(the_game_has_the_originals_keys) {
    static const struct {
        SDL_Keycode key;
        CairnAction action;
    } original[] = {{SDLK_a, CAIRN_MOVE_LEFT},
                    {SDLK_d, CAIRN_MOVE_RIGHT},
                    {SDLK_w, CAIRN_MOVE_UP},
                    {SDLK_s, CAIRN_MOVE_DOWN},
                    {SDLK_SPACE, CAIRN_DO},
                    {SDLK_TAB, CAIRN_SLEEP},
                    {SDLK_r, CAIRN_PLACE_STONE},
                    {SDLK_t, CAIRN_PLACE_TABLE},
                    {SDLK_f, CAIRN_PLACE_FURNACE},
                    {SDLK_p, CAIRN_PLACE_PLANT},
                    {SDLK_1, CAIRN_MAKE_WOOD_PICKAXE},
                    {SDLK_2, CAIRN_MAKE_STONE_PICKAXE},
                    {SDLK_3, CAIRN_MAKE_IRON_PICKAXE},
                    {SDLK_4, CAIRN_MAKE_WOOD_SWORD},
                    {SDLK_5, CAIRN_MAKE_STONE_SWORD},
                    {SDLK_6, CAIRN_MAKE_IRON_SWORD}};
    Session* session = open_session(SESSION_PLAY);
    for (size_t i = 0; i < sizeof original / sizeof original[0]; i++) {
        const Order order = keys_order(session, original[i].key, _i ? KMOD_LSHIFT | KMOD_CAPS : 0);
        ck_assert_int_eq(order.command, COMMAND_ACT);
        ck_assert_int_eq(order.argument, original[i].action);
        ck_assert_int_ne(keys_order(session, original[i].key, KMOD_LCTRL).command, COMMAND_ACT);
        ck_assert_int_eq(keys_order(session, original[i].key, KMOD_LALT).command, COMMAND_NONE);
    }
    ck_assert_int_eq(keys_order(session, SDLK_n, 0).command, COMMAND_NONE); // the game goes on
    ck_assert_int_eq(keys_order(session, SDLK_q, KMOD_RCTRL).command, COMMAND_QUIT);
    ck_assert_int_eq(keys_order(session, SDLK_q, 0).command, COMMAND_NONE);
    session_destroy(session);
}
END_TEST

START_TEST(no_key_means_two_things) {
    int32_t count = 0;
    const KeyBinding* table = keys_table(&count);
    for (int32_t i = 0; i < count; i++) {
        for (int32_t j = 0; j < i; j++) {
            const bool same = table[i].key == table[j].key && table[i].shift == table[j].shift &&
                              table[i].control == table[j].control &&
                              ((int)table[i].when & (int)table[j].when);
            ck_assert_msg(!same, "%s is bound twice", SDL_GetKeyName(table[i].key));
        }
    }
}
END_TEST

static Order button(Gamepad* gamepad, Uint32 type, int number) {
    const SDL_Event event = {.cbutton = {.type = type, .button = (Uint8)number}};
    return gamepad_order(gamepad, &event);
}

static Order axis(Gamepad* gamepad, int number, Sint16 value) {
    const SDL_Event event = {
        .caxis = {.type = SDL_CONTROLLERAXISMOTION, .axis = (Uint8)number, .value = value}};
    return gamepad_order(gamepad, &event);
}

static void expect_act(Order order, int32_t action) {
    ck_assert_int_eq(order.command, COMMAND_ACT);
    ck_assert_int_eq(order.argument, action);
}

START_TEST(a_gamepads_buttons_act_and_hold) {
    Gamepad gamepad = gamepad_none();
    const Uint32 down = SDL_CONTROLLERBUTTONDOWN, up = SDL_CONTROLLERBUTTONUP;
    expect_act(button(&gamepad, down, SDL_CONTROLLER_BUTTON_A), CAIRN_DO);
    ck_assert_int_eq(gamepad.held, CAIRN_DO);
    button(&gamepad, up, SDL_CONTROLLER_BUTTON_A);
    ck_assert_int_eq(gamepad.held, -1);
    expect_act(button(&gamepad, down, SDL_CONTROLLER_BUTTON_DPAD_LEFT), CAIRN_MOVE_LEFT);
    expect_act(button(&gamepad, down, SDL_CONTROLLER_BUTTON_DPAD_UP), CAIRN_MOVE_UP);
    button(&gamepad, up, SDL_CONTROLLER_BUTTON_DPAD_LEFT); // the later one is still held
    ck_assert_int_eq(gamepad.held, CAIRN_MOVE_UP);
    axis(&gamepad, SDL_CONTROLLER_AXIS_TRIGGERLEFT, 32767);
    expect_act(button(&gamepad, down, SDL_CONTROLLER_BUTTON_X), CAIRN_MAKE_STONE_PICKAXE);
    axis(&gamepad, SDL_CONTROLLER_AXIS_TRIGGERLEFT, 0);
    axis(&gamepad, SDL_CONTROLLER_AXIS_TRIGGERRIGHT, 32767);
    expect_act(button(&gamepad, down, SDL_CONTROLLER_BUTTON_Y), CAIRN_MAKE_IRON_SWORD);
    axis(&gamepad, SDL_CONTROLLER_AXIS_TRIGGERRIGHT, 0);
    expect_act(button(&gamepad, down, SDL_CONTROLLER_BUTTON_X), CAIRN_PLACE_STONE);
    ck_assert_int_eq(button(&gamepad, down, SDL_CONTROLLER_BUTTON_START).command, COMMAND_PLAY);
    ck_assert_int_eq(button(&gamepad, down, SDL_CONTROLLER_BUTTON_GUIDE).command, COMMAND_NONE);
}
END_TEST

// A push is one order, however many events it takes, and trembling is none.
START_TEST(a_stick_orders_once_per_push) {
    Gamepad gamepad = gamepad_none();
    const int x = SDL_CONTROLLER_AXIS_LEFTX, y = SDL_CONTROLLER_AXIS_LEFTY;
    ck_assert_int_eq(axis(&gamepad, x, 4000).command, COMMAND_NONE);
    expect_act(axis(&gamepad, x, 20000), CAIRN_MOVE_RIGHT);
    ck_assert_int_eq(axis(&gamepad, x, 32767).command, COMMAND_NONE);
    ck_assert_int_eq(axis(&gamepad, x, 15000).command, COMMAND_NONE);
    ck_assert_int_eq(gamepad.held, CAIRN_MOVE_RIGHT);
    ck_assert_int_eq(axis(&gamepad, x, 500).command, COMMAND_NONE);
    ck_assert_int_eq(gamepad.held, -1);
    expect_act(axis(&gamepad, y, -32768), CAIRN_MOVE_UP);
    axis(&gamepad, y, 0);
    expect_act(axis(&gamepad, y, 32767), CAIRN_MOVE_DOWN);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("keys");
    TCase* tests = tcase_create("keys");
    tcase_add_loop_test(tests, the_game_has_the_originals_keys, 0, 2);
    tcase_add_test(tests, no_key_means_two_things);
    tcase_add_test(tests, a_gamepads_buttons_act_and_hold);
    tcase_add_test(tests, a_stick_orders_once_per_push);
    suite_add_tcase(made, tests);
    return made;
}

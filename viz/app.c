#include "viz/app.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/gamepad.h"
#include "viz/view.h"

static const double note_seconds = 6, frame_seconds = 1.0 / 60;

typedef struct App {
    Session* session; // borrowed
    View* view;
    SDL_Window* window;
    Gamepad gamepad;
    double ratio;       // physical pixels per point of the mouse's coordinates
    double text_scale;  // of the person, times what suits the size
    double fixed_scale; // of the command line; 0: none
    SDL_Keycode key;    // that holds an action
    int32_t held;       // CairnAction, -1: none
    int32_t tapped;     // pressed since the last step, -1: none
    int32_t notes;      // of the session, when last looked at
    double note_time;   // seconds
    double drawn;       // when the last picture was shown
    double passed;      // up to where the session knows of time
    bool dragging, help, quit;
    bool dirty;    // something may look different
    bool exposed;  // the window has lost its picture
    bool learning; // a long file is not yet known to its end
    char* why;
} App;

static double now(void) {
    return (double)SDL_GetPerformanceCounter() / (double)SDL_GetPerformanceFrequency();
}

static bool sdl_failed(App* app, const char* what) {
    snprintf(app->why, SESSION_WHY, "%s: %s", what, SDL_GetError());
    return false;
}

// ---------------------------------------------------------------- the window's size
static bool fit(App* app) {
    int points = 1, points_high = 1;
    SDL_GetWindowSize(app->window, &points, &points_high);
    SDL_Surface* surface = SDL_GetWindowSurface(app->window);
    if (!surface) {
        return sdl_failed(app, "the window cannot be drawn to");
    }
    app->ratio = points > 0 ? (double)surface->w / points : 1;
    double scale =
        app->fixed_scale > 0 ? app->fixed_scale : layout_scale(surface->w, surface->h, app->ratio);
    scale = fmin(fmax(scale * app->text_scale, 0.5), 4);
    app->dirty = app->exposed = true;
    return view_resize(app->view, surface->w, surface->h, scale, app->why);
}

static bool present(App* app) {
    Box changed[VIEW_CHANGES_MAX];
    SDL_Rect rect[VIEW_CHANGES_MAX];
    int32_t count = 0;
    view_show(app->view, app->help, now() - app->note_time < note_seconds);
    if (!view_draw(app->view, app->session, changed, &count, app->why)) {
        return false;
    }
    SDL_Surface *from = view_surface(app->view), *to = SDL_GetWindowSurface(app->window);
    if (!to) {
        return sdl_failed(app, "the window cannot be drawn to");
    }
    if (app->exposed) {
        changed[0] = (Box){0, 0, from->w, from->h};
        count = 1;
    }
    for (int32_t i = 0; i < count; i++) {
        rect[i] = (SDL_Rect){changed[i].x, changed[i].y, changed[i].width, changed[i].height};
        SDL_Rect place = rect[i];
        SDL_BlitSurface(from, &rect[i], to, &place);
    }
    if (count > 0 && SDL_UpdateWindowSurfaceRects(app->window, rect, count) != 0) {
        return sdl_failed(app, "the window cannot be drawn to");
    }
    app->dirty = app->exposed = false;
    app->drawn = now();
    return true;
}

// ---------------------------------------------------------------- orders
static bool seek_mark(App* app, int64_t direction) {
    size_t count = 0;
    const TrackMark* mark = track_marks(app->session->track, &count);
    const int64_t here = app->session->playback.position;
    int64_t target = -1;
    for (size_t i = 0; i < count; i++) {
        if (mark[i].kind != TRACK_UNLOCKED) {
            continue;
        }
        if (direction < 0 && mark[i].step < here) {
            target = mark[i].step;
        } else if (direction > 0 && mark[i].step > here) {
            target = mark[i].step;
            break;
        }
    }
    return target < 0 || session_seek(app->session, target, app->why);
}

static bool step(App* app, int64_t by) {
    Session* session = app->session;
    session->playback.playing = false;
    if (by == 1) { // the agent may have to act
        return session_forward(session, app->why);
    }
    return session_seek(session, session->playback.position + by, app->why);
}

static bool act(App* app, int32_t action) {
    if (app->session->realtime && app->session->playback.playing) {
        app->tapped = action; // taken when the world goes on
        return true;
    }
    return session_act(app->session, action, app->why);
}

static bool zoom(App* app, int64_t direction) {
    app->text_scale = fmin(fmax(app->text_scale * (direction > 0 ? 1.125 : 1 / 1.125), 0.5), 3);
    return fit(app);
}

static void full_screen(App* app) {
    const bool full = SDL_GetWindowFlags(app->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;
    SDL_SetWindowFullscreen(app->window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
}

static bool play(App* app) {
    Session* session = app->session;
    if (session->human && !session->realtime) {
        session->playback.playing = session->playback.position < session_length(session);
        return true; // there is nothing to play but what was
    }
    if (session->live && session_ended(session)) {
        return session_turn(session, 1, app->why);
    }
    playback_toggle(&session->playback);
    return session_seek(session, session->playback.position, app->why);
}

static bool obey(App* app, Order order) {
    Session* session = app->session;
    app->dirty = app->dirty || order.command != COMMAND_NONE;
    switch (order.command) {
    case COMMAND_ACT:
        return act(app, (int32_t)order.argument);
    case COMMAND_PLAY:
        return play(app);
    case COMMAND_STEP:
        return step(app, order.argument);
    case COMMAND_FIRST:
        return session_seek(session, 0, app->why);
    case COMMAND_LAST:
        return session_seek(session, session_length(session), app->why);
    case COMMAND_SEEK:
        return session_seek(session, order.argument, app->why);
    case COMMAND_MARK:
        return seek_mark(app, order.argument);
    case COMMAND_SPEED:
        playback_set_speed(&session->playback, session->playback.speed + (int32_t)order.argument);
        return true;
    case COMMAND_TURN:
        app->learning = true;
        return session_turn(session, (int32_t)order.argument, app->why);
    case COMMAND_CONTROL:
        session_toggle_control(session);
        return true;
    case COMMAND_HELP:
        app->help = !app->help;
        return true;
    case COMMAND_LEAVE:
        app->help = false;
        return true;
    case COMMAND_ZOOM:
        return zoom(app, order.argument);
    case COMMAND_FULLSCREEN:
        full_screen(app);
        return true;
    case COMMAND_QUIT:
        app->quit = true;
        return true;
    case COMMAND_NONE:
        break;
    }
    return true;
}

// ---------------------------------------------------------------- events
static bool key_down(App* app, const SDL_KeyboardEvent* event) {
    const Order order = keys_order(app->session, event->keysym.sym, (uint16_t)event->keysym.mod);
    if (order.command == COMMAND_ACT) {
        app->key = event->keysym.sym, app->held = (int32_t)order.argument;
        if (event->repeat && app->session->realtime) {
            return true; // it is held already
        }
    } else if (event->repeat && order.command != COMMAND_STEP && order.command != COMMAND_MARK) {
        return true;
    }
    return obey(app, order);
}

static bool click(App* app, int32_t x, int32_t y) {
    static const Order orders[CONTROL_COUNT] = {
        [CONTROL_PREVIOUS] = {COMMAND_TURN, -1}, [CONTROL_BACK] = {COMMAND_STEP, -1},
        [CONTROL_PLAY] = {COMMAND_PLAY, 0},      [CONTROL_FORWARD] = {COMMAND_STEP, 1},
        [CONTROL_NEXT] = {COMMAND_TURN, 1},      [CONTROL_SLOWER] = {COMMAND_SPEED, -1},
        [CONTROL_SPEED] = {COMMAND_NONE, 0},     [CONTROL_FASTER] = {COMMAND_SPEED, 1},
        [CONTROL_HELP] = {COMMAND_HELP, 0}};
    const Scene* scene = view_scene(app->view);
    for (int i = 0; i < CONTROL_COUNT && !app->help; i++) {
        if (box_holds(&scene->layout->control[i], x, y)) {
            return obey(app, orders[i]);
        }
    }
    if (app->help) {
        return obey(app, (Order){COMMAND_LEAVE, 0});
    }
    const int64_t at = timeline_step(scene, x, y);
    app->dragging = at >= 0;
    return at < 0 || obey(app, (Order){COMMAND_SEEK, at});
}

static bool drag(App* app, int32_t x) {
    const Box* bar = &view_scene(app->view)->layout->track;
    const int64_t at = timeline_step(view_scene(app->view), x, bar->y);
    const int64_t clamped =
        at >= 0 ? at : layout_step_at(bar, scene_axis(app->session), x); // beside the panel
    return obey(app, (Order){COMMAND_SEEK, clamped});
}

static bool mouse(App* app, const SDL_Event* event) {
    const bool motion = event->type == SDL_MOUSEMOTION;
    const double points_x = motion ? event->motion.x : event->button.x;
    const double points_y = motion ? event->motion.y : event->button.y;
    const int32_t x = (int32_t)(points_x * app->ratio), y = (int32_t)(points_y * app->ratio);
    view_point(app->view, x, y);
    app->dirty = true;
    if (motion) {
        return !app->dragging || drag(app, x);
    }
    if (event->button.button != SDL_BUTTON_LEFT) {
        return true;
    }
    if (event->type == SDL_MOUSEBUTTONUP) {
        app->dragging = false;
        return true;
    }
    return click(app, x, y);
}

static bool window_event(App* app, const SDL_WindowEvent* event) {
    switch (event->event) {
    case SDL_WINDOWEVENT_SIZE_CHANGED:
    case SDL_WINDOWEVENT_DISPLAY_CHANGED:
        return fit(app);
    case SDL_WINDOWEVENT_EXPOSED:
        app->dirty = app->exposed = true;
        return true;
    case SDL_WINDOWEVENT_LEAVE:
        view_point(app->view, -1, -1);
        app->dirty = true;
        return true;
    case SDL_WINDOWEVENT_FOCUS_LOST:
        app->held = -1;
        app->gamepad.held = -1;
        return true;
    default:
        return true;
    }
}

static bool handle(App* app, const SDL_Event* event) {
    switch (event->type) {
    case SDL_QUIT:
        app->quit = true;
        return true;
    case SDL_WINDOWEVENT:
        return window_event(app, &event->window);
    case SDL_KEYDOWN:
        return key_down(app, &event->key);
    case SDL_KEYUP:
        app->held = event->key.keysym.sym == app->key ? -1 : app->held;
        return true;
    case SDL_MOUSEMOTION:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
        return mouse(app, event);
    case SDL_MOUSEWHEEL:
        return event->wheel.y == 0 || obey(app, (Order){COMMAND_STEP, event->wheel.y > 0 ? -1 : 1});
    default:
        return obey(app, gamepad_order(&app->gamepad, event));
    }
}

// ---------------------------------------------------------------- time
// Lets the session know of the time since it last heard of it.
static bool pass(App* app) {
    Session* session = app->session;
    const double time = now(), seconds = time - app->passed;
    app->passed = time;
    if (app->dragging || !session->playback.playing) {
        return true;
    }
    const int32_t held = app->held >= 0 ? app->held : app->gamepad.held;
    const int64_t before = session->playback.position;
    const int32_t action = app->tapped >= 0 ? app->tapped : held >= 0 ? held : CAIRN_NOOP;
    if (!session_pass(session, seconds, action, app->why)) {
        return false;
    }
    if (session->playback.position != before || !session->playback.playing) {
        app->tapped = -1;
        app->dirty = true;
    }
    return true;
}

static bool learn(App* app) {
    if (app->learning && !session_learn(app->session, &app->learning, app->why)) {
        return false;
    }
    app->dirty = app->dirty || app->learning;
    return true;
}

// Seconds until something is due without an event; negative: nothing is.
static double patience(const App* app) {
    const double time = now(), note = app->note_time + note_seconds - time;
    double wait = app->dragging ? -1 : playback_wait(&app->session->playback);
    if (app->dirty) {
        const double frame = fmax(app->drawn + frame_seconds - time, 0);
        wait = wait < 0 || frame < wait ? frame : wait;
    }
    if (note > 0 && (wait < 0 || note < wait)) {
        wait = note;
    }
    return app->learning ? 0 : wait;
}

static bool turn(App* app) {
    SDL_Event event;
    const double wait = patience(app);
    bool got =
        wait < 0 ? SDL_WaitEvent(&event) : SDL_WaitEventTimeout(&event, (int)ceil(wait * 1e3));
    while (got) {
        if (!handle(app, &event)) {
            return false;
        }
        got = SDL_PollEvent(&event);
    }
    if (!pass(app) || !learn(app)) {
        return false;
    }
    const double time = now();
    if (app->notes != app->session->notes) {
        app->notes = app->session->notes;
        app->note_time = app->session->note[0] ? time : -note_seconds;
        app->dirty = true;
    } else if (app->note_time > 0 && time - app->note_time >= note_seconds) {
        app->note_time = -note_seconds; // it is over: draw once more without
        app->dirty = true;
    }
    return !app->dirty || time - app->drawn < frame_seconds - 5e-4 || present(app);
}

// ---------------------------------------------------------------- create and destroy
// Without a display, SDL takes a driver that shows nothing: nobody could ever close that window.
static bool open_display(App* app) {
    const bool fine = SDL_Init(SDL_INIT_VIDEO) == 0;
    const char* driver = fine ? SDL_GetCurrentVideoDriver() : NULL;
    const bool blind = driver && (strcmp(driver, "offscreen") == 0 || strcmp(driver, "dummy") == 0);
    if (fine && (!blind || SDL_GetHint(SDL_HINT_VIDEODRIVER))) {
        return true;
    }
    snprintf(app->why, SESSION_WHY,
             "no display to open a window on%s%.200s; --screenshot and --video need none",
             fine ? "" : ": ", fine ? "" : SDL_GetError());
    return false;
}

static bool open_window(App* app, const ViewerOptions* options, const CairnTextures* textures) {
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"); // drawn by the processor, rarely
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (!open_display(app)) {
        return false;
    }
    if (app->session->live && SDL_InitSubSystem(SDL_INIT_GAMECONTROLLER) != 0) {
        session_say(app->session, "no gamepads: %s", SDL_GetError());
    }
    SDL_EnableScreenSaver();
    SDL_StopTextInput();
    app->window =
        SDL_CreateWindow("Cairn", SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, options->width,
                         options->height, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!app->window) {
        return sdl_failed(app, "cannot open a window");
    }
    SDL_SetWindowMinimumSize(app->window, 480, 360);
    const ViewOptions picture = {.width = options->width,
                                 .height = options->height,
                                 .scale = options->scale,
                                 .bare = options->bare,
                                 .textures = textures};
    return view_create(&picture, &app->view, app->why) && fit(app);
}

// To wake itself, SDL sends the window a message, and under X11 over a second connection. Were the
// window gone when the server comes to read that, the program would end there with "BadWindow". So
// the server is asked something (it runs) and left alone (it reads on), a few times.
static void let_messages_arrive(void) {
    SDL_Rect bounds;
    for (int i = 0; i < 5; i++) {
        SDL_GetDisplayUsableBounds(0, &bounds);
        SDL_Delay(4);
    }
}

static void close_window(App* app) {
    gamepad_close(&app->gamepad);
    view_destroy(app->view);
    if (app->window) {
        let_messages_arrive();
        SDL_DestroyWindow(app->window);
    }
    SDL_Quit();
}

bool app_run(const ViewerOptions* options, const CairnTextures* textures, Session* session,
             char why[SESSION_WHY]) {
    App app = {.session = session,
               .gamepad = gamepad_none(),
               .text_scale = 1,
               .fixed_scale = options->scale,
               .held = -1,
               .tapped = -1,
               .note_time = -note_seconds,
               .learning = true,
               .why = why};
    bool fine = open_window(&app, options, textures);
    app.passed = now();
    fine = fine && present(&app);
    while (fine && !app.quit) {
        fine = turn(&app);
    }
    close_window(&app);
    return fine;
}

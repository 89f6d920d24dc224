// The whole picture: keeps the canvas, draws what has changed and says where that was. Windows,
// screenshots and videos all show what this draws.
#pragma once
#include "viz/scene.h"

typedef struct ViewOptions {
    int32_t width, height;         // pixels
    double scale;                  // of text and spacing; 0 = what suits the size
    bool bare;                     // only the world
    const CairnTextures* textures; // borrowed; NULL = Cairn's own
} ViewOptions;

typedef struct View View; // owns canvas and pictures; borrows the session

enum { VIEW_CHANGES_MAX = PANEL_COUNT + 1 };

bool view_create(const ViewOptions* options, View** view, char why[SESSION_WHY]);
void view_destroy(View* view); // NULL is allowed
// Another size or scale; on failure the view can only be destroyed.
bool view_resize(View* view, int32_t width, int32_t height, double scale, char why[SESSION_WHY]);

// Draws the session as it stands; changed [VIEW_CHANGES_MAX]: the boxes that look different now.
bool view_draw(View* view, const Session* session, Box* changed, int32_t* count,
               char why[SESSION_WHY]);
void view_point(View* view, int32_t x, int32_t y); // -1, -1: the pointer is elsewhere
void view_show(View* view, bool help, bool note);
const Scene* view_scene(const View* view); // of the last drawing
SDL_Surface* view_surface(const View* view);

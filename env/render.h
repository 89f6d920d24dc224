// Pictures of a world as the original draws them. Internal to env/.
#pragma once
#include "env/world.h"

// Pictures scaled to a configuration. Read only once made, so all threads share it.
typedef struct Renderer Renderer;

CairnStatus renderer_create(const CairnConfig* config, const CairnTextures* textures,
                            Renderer** renderer, char why[CAIRN_WHY]);
void renderer_destroy(Renderer* renderer); // NULL is allowed

// pixels: [size_height, size_width, 3]. At night the noise is drawn from `generator`, which may be
// NULL by day; from one without a Mersenne, noise is drawn by place.
void render_frame(const Renderer* renderer, const World* world, Generator* generator,
                  uint8_t* pixels);

// A film made by the program ffmpeg, which is fed frame by frame.
#pragma once
#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

#include "viz/output.h"

typedef struct Video Video;

// Which kinds of file there are: .mp4 and .gif.
bool video_kind_known(const char* path);
// rate: frames per second. Failures leave one line in why that names the file or ffmpeg; a film
// that is not closed leaves no file.
bool video_create(const char* path, int32_t width, int32_t height, double rate, Video** video,
                  char why[OUTPUT_WHY]);
// A canvas's surface, of the film's size.
bool video_add(Video* video, const SDL_Surface* frame, char why[OUTPUT_WHY]);
bool video_close(Video* video, char why[OUTPUT_WHY]); // ends the film; the video is gone
void video_destroy(Video* video);                     // abandons it; NULL is allowed

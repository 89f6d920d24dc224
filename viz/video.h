// A film made by the program ffmpeg, which is fed frame by frame.
#pragma once
#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

#include "viz/output.h"

typedef struct Video Video;

// By the name's ending.
typedef enum VideoKind { VIDEO_NONE, VIDEO_MP4, VIDEO_GIF } VideoKind;
VideoKind video_kind(const char* path);
// rate: frames per second. A GIF has 256 colours: its first `samples` frames, >= 1, are not shown
// but say which; 0 for a film of the other kind. Failures leave one line in why that names the file
// or ffmpeg; a film that is not closed leaves no file. From here until it is closed or destroyed,
// Ctrl-C, SIGTERM and SIGHUP make the next call fail, and end the program only after that tidied
// up.
bool video_create(const char* path, int32_t width, int32_t height, double rate, int32_t samples,
                  Video** video, char why[OUTPUT_WHY]);
// A canvas's surface, of the film's size.
bool video_add(Video* video, const SDL_Surface* frame, char why[OUTPUT_WHY]);
bool video_close(Video* video, char why[OUTPUT_WHY]); // ends the film; the video is gone
void video_destroy(Video* video);                     // abandons it; NULL is allowed

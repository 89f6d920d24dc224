// Pictures, films and measurements without a window or a display.
#pragma once
#include "viz/options.h"
#include "viz/view.h"

// Whether the options ask for one of them.
bool export_wanted(const ViewerOptions* options);
// Does it. false: why is one line.
bool export_run(const ViewerOptions* options, const CairnTextures* textures, Session* session,
                char why[SESSION_WHY]);
// Goes to a step, letting the agent play up to there; stops where the episode ends.
bool export_go(Session* session, int64_t step, char why[SESSION_WHY]);

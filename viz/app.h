// The window: waits for people, time and the agent, and shows what has changed. Sleeps otherwise.
#pragma once
#include "viz/options.h"

// Runs until the window is closed. The session goes on belonging to the caller. false: why is one
// line.
bool app_run(const ViewerOptions* options, const CairnTextures* textures, Session* session,
             char why[SESSION_WHY]);

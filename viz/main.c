// The program `cairn-view`.
#include <stdio.h>

#include "viz/app.h"
#include "viz/export.h"
#include "viz/options.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

// File names and what files hold end up here: control bytes must not reach the terminal.
static int complain(int status, char* why) {
    for (char* at = why; *at; at++) {
        *at = (unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at;
    }
    fprintf(stderr, "cairn-view: %s\n", why);
    return status;
}

static bool run(const ViewerOptions* options, const CairnTextures* textures,
                char why[SESSION_WHY]) {
    Session* session = NULL;
    if (!session_create(&options->session, &session, why)) {
        return false;
    }
    if (export_wanted(options)) {
        if (!export_run(options, textures, session, why)) {
            session_destroy(session);
            return false;
        }
        return session_close(session, why);
    }
    session->playback.playing =
        session->realtime || (!session->human && !options->paused && options->at < 0);
    if (!export_go(session, options->at > 0 ? options->at : 0, why) ||
        !app_run(options, textures, session, why)) {
        session_destroy(session);
        return false;
    }
    return session_close(session, why);
}

int main(int argc, char** argv) {
    char why[SESSION_WHY] = "";
    ViewerOptions options;
    switch (options_read(argc, argv, &options, why)) {
    case OPTIONS_DONE:
        return 0;
    case OPTIONS_WRONG:
        return complain(EXIT_USAGE, why);
    case OPTIONS_GO:
        break;
    }
    CairnTextures* textures = NULL;
    if (options.textures && cairn_textures_load(options.textures, &textures, why) != CAIRN_OK) {
        return complain(EXIT_FAILED, why);
    }
    const bool fine = run(&options, textures, why);
    cairn_textures_destroy(textures);
    return fine ? 0 : complain(EXIT_FAILED, why);
}

// What `cairn-view --help` and its subcommands print.
#include "viz/options.h"

static const char window[] =
    "\nThe window:\n"
    "  --size WxH        pixels; 1280x800\n"
    "  --scale S         size of text and spacing, 0.5 to 4; what suits the size\n"
    "  --textures DIR    other pictures, by the original's names (water.png, ...)\n"
    "  --world-only      only the world, no panels\n";

static const char file[] =
    "  --at STEP         begin there, standing still\n"
    "  --paused          begin standing still\n"
    "  --speed X         0.25, 0.5, 1, 2, 4, ... 64; 1 is 10 steps per second\n"
    "\nWithout a window or a display:\n"
    "  --screenshot FILE.png   one picture, of the step --at (0)\n"
    "  --video FILE.mp4|.gif   a film, by the program ffmpeg, at --speed\n"
    "  --from A --to B         its first and last step\n"
    "  --measure N             jumps to N random steps and prints how long they took\n";

const char* const options_help_general[] = {
    "Usage: cairn-view SUBCOMMAND [OPTION]...\n"
    "Shows episodes of Cairn, lets you play, and watches an agent act.\n\n"
    "  replay EPISODE...   look at recorded episodes (.cairn files)\n"
    "  watch CHECKPOINT    an agent plays, of a file or of a run's folder; you can take over\n"
    "  play                you play\n\n"
    "`cairn-view SUBCOMMAND --help` says more; in the window, H shows the keys.\n\n"
    "  cairn-view replay runs/first/episodes/*.cairn\n"
    "  cairn-view watch runs/first/checkpoints/best.ckpt\n"
    "  cairn-view play --record games\n\n"
    "Exit status: 0 done, 1 failed, 2 the call cannot be meant.\n",
    NULL};

const char* const options_help_replay[] = {
    "Usage: cairn-view replay EPISODE... [OPTION]...\n"
    "Plays recorded episodes: click or drag on the timeline, step, change the speed.\n\n"
    "  cairn-view replay runs/first/episodes/*.cairn\n"
    "  cairn-view replay game.cairn --screenshot moment.png --at 200 --size 1920x1080\n"
    "  cairn-view replay game.cairn --video game.gif --from 0 --to 300 --speed 2 --size 800x600\n"
    "\n",
    file, window, NULL};

const char* const options_help_watch[] = {
    "Usage: cairn-view watch CHECKPOINT [OPTION]...\n"
    "An agent plays, and you see what it thinks. C takes control and gives it back. CHECKPOINT "
    "may\n"
    "be a run's folder, for its newest checkpoint.\n\n"
    "  cairn-view watch runs/first\n"
    "  cairn-view watch best.ckpt --seed 7 --paused\n"
    "  cairn-view watch best.ckpt --episode 3 --video night.mp4 --from 150 --to 300\n\n"
    "  --seed N          world and the agent's draws; 0\n"
    "  --episode N       episode of that seed; 1\n"
    "  --greedy          the most probable action instead of a drawn one\n"
    "  --record DIR      save each episode as a .cairn file in DIR\n",
    file, window, NULL};

const char* const options_help_play[] = {
    "Usage: cairn-view play [OPTION]...\n"
    "You play, with the original's keys: W A S D move, Space acts, Tab sleeps, T R F P place,\n"
    "1 to 6 make tools; H shows them all. A gamepad works too. Each key is one step, unless --fps\n"
    "lets the world go on by itself.\n\n"
    "  cairn-view play\n"
    "  cairn-view play --fps 5 --seed 42 --record games\n\n"
    "  --seed N          world; 0\n"
    "  --episode N       episode of that seed; 1\n"
    "  --fps N           N steps per second, 1 to 60; 0: the world waits for you; 0\n"
    "  --record DIR      save each episode as a .cairn file in DIR\n",
    window, NULL};

// Checks of a configuration. Internal to env/.
#pragma once
#include "env/cairn.h"

// CAIRN_BAD_CONFIG: the message names the first field out of range, and the range.
CairnStatus env_config_check(const CairnConfig* config, char why[CAIRN_WHY]);

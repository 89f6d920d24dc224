// What is true of every world between two steps, for the suites, the fuzzer and the soak.
#pragma once
#include "env/world.h"

// NULL, or what does not hold. O(cells).
const char* invariant_broken(const World* world);

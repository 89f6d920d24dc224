// IEEE 754 half precision, for weights that are kept but not trained any further.
#pragma once
#include <stdint.h>

uint16_t half_of(float value);   // to nearest, ties to even; beyond the range: infinity
float half_value(uint16_t half); // exact

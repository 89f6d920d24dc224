// The colours of inks, 0xRRGGBB; internal to the charts. Series: Okabe and Ito 2008.
#pragma once
#include <stdint.h>

#include "viz/charts.h"

typedef struct ChartColours {
    uint32_t light[CHART_INKS], dark[CHART_INKS];
} ChartColours;
extern const ChartColours chart_colours;

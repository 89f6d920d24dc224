// The contrastive losses of achievement distillation: which of two vectors belongs to the anchor?
#pragma once
#include <stddef.h>

#include "nets/nets.h"

typedef struct Contrast { // [width] each; a gradient that is NULL is not wanted
    const NetReal *anchor, *positive, *negative;
    NetReal *d_anchor, *d_positive, *d_negative; // added to
} Contrast;

// Cross entropy of softmax([anchor . positive, anchor . negative] / temperature) with the first as
// the truth; adds its gradient times `weight`.
double contrast_loss(size_t width, double temperature, double weight, const Contrast* contrast);

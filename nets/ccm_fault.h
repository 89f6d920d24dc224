// Mistakes that tests make on purpose, to see that they would be found.
#pragma once
#include "nets/nets.h"

typedef enum NetCcmFault {
    CCM_NO_FAULT,
    CCM_COMP_COUNTED,         // COMP tokens count as steps in positions
    CCM_MEAN_BEFORE_ROTATION, // keys are merged, then turned
    CCM_OWN_COMP_SEEN,        // a chunk's own COMP is seen by its steps
    CCM_WEIGHT_OFF_BY_ONE     // the t-th chunk has the weight of the next
} NetCcmFault;

NetCcmBranch ccm_build(NetGraph* graph, const char* name, const NetCcmConfig* config,
                       NetCcmShape shape, NetTensor x, NetCcmFault fault);
void ccm_layout_break(NetCcmLayout* layout, NetCcmFault fault);

// What the tests of reports share: a folder of the running test's own, and reports as text.
#pragma once
#include "runs/report.h"

extern char root[64]; // the folder, between make_root and remove_root
void make_root(void);
void remove_root(void); // with all that is in it
// What the printer writes, without zero bytes; the caller frees it.
char* printed(const Report* report, ReportPrinter* printer);

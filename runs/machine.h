// The machine that a program runs on, as benchmarks and run folders name it.
#pragma once
#include <stdbool.h>

#include "runs/run_folder.h"

enum { MACHINE_NAME = 128 };

// "AMD EPYC 7763 64-Core Processor"; the machine's architecture where the system doesn't tell.
void machine_processor(char name[MACHINE_NAME]);
int machine_cores(void);            // that this process may use, >= 1
const char* machine_compiler(void); // that built this program, "gcc 12.2.0"

// Adds this machine to the folder's machine.ini, unless it is what the file ends with: a run that
// is resumed elsewhere has a section [machine] for each stretch.
bool machine_record(const char* folder, char why[RUN_WHY]);

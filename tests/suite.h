// What a test file defines for tests/main.c.
#pragma once
#include <check.h>

Suite* suite(void);

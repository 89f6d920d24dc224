// main() of every test program: runs the suite that its test file defines. CK_FORK=no and the other
// variables of Check work as documented there.
#include <check.h>
#include <stdlib.h>

#include "tests/suite.h"

int main(void) {
    SRunner* runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

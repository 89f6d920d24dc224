#include "tests/runs/scratch.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char root[64];

void make_root(void) {
    snprintf(root, sizeof root, "/tmp/cairn-report-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void remove_tree(const char* folder) {
    DIR* list = opendir(folder);
    ck_assert_ptr_nonnull(list);
    for (struct dirent* entry = readdir(list); entry != NULL; entry = readdir(list)) {
        char path[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        snprintf(path, sizeof path, "%.200s/%.255s", folder, entry->d_name);
        if (entry->d_type == DT_DIR) {
            remove_tree(path);
        } else {
            unlink(path);
        }
    }
    closedir(list);
    rmdir(folder);
}

void remove_root(void) {
    remove_tree(root);
}

char* printed(const Report* report, ReportPrinter* printer) {
    char* text = NULL;
    size_t size = 0;
    FILE* memory = open_memstream(&text, &size);
    ck_assert(printer(report, memory));
    fclose(memory);
    ck_assert_uint_eq(strlen(text), size); // no zero bytes
    return text;
}

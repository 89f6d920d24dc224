// Proves env/file.c: a file is at every moment the old one or the new one, whatever the disk says.
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/file.h"
#include "tests/suite.h"

static char folder[64], path[128], temporary[140];

static void make_folder(void) {
    snprintf(folder, sizeof folder, "/tmp/cairn-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/it", folder);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
}

static void remove_folder(void) {
    (void)unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s is left with something in it", folder);
}

static void write_small(const char* text) {
    char why[CAIRN_WHY] = "";
    ck_assert_msg(env_file_write(path, text, strlen(text), why) == CAIRN_OK, "%s", why);
}

static void expect_content(const char* text) {
    uint8_t* bytes = NULL;
    size_t size = 0;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(env_file_read(path, 1000, &bytes, &size, why) == CAIRN_OK, "%s", why);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert_mem_eq(bytes, text, size);
    free(bytes);
    ck_assert_int_ne(access(temporary, F_OK), 0);
}

START_TEST(written_files_read_back) {
    write_small("");
    expect_content("");
    write_small("stones");
    expect_content("stones");
    write_small("a path of stones");
    expect_content("a path of stones");
}
END_TEST

static void expect_unreadable(const char* name, size_t limit, CairnStatus status,
                              const char* word) {
    uint8_t* bytes = (uint8_t*)(uintptr_t)1;
    size_t size = 0;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(env_file_read(name, limit, &bytes, &size, why), status);
    ck_assert_ptr_null(bytes);
    ck_assert_msg(strstr(why, word) != NULL, "expected '%s', got: %s", word, why);
}

START_TEST(reading_refuses_what_is_no_file_of_the_expected_size) {
    expect_unreadable(path, 1000, CAIRN_IO, "it: cannot open: No such file");
    write_small("stones");
    expect_unreadable(path, 5, CAIRN_BAD_DATA, "6 bytes; expected at most 5");
    expect_unreadable(folder, 1000, CAIRN_BAD_DATA, "not a regular file");
    expect_unreadable("/dev/zero", 1000, CAIRN_BAD_DATA, "/dev/zero: not a regular file");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_unreadable(path, 1000, CAIRN_BAD_DATA, "not a regular file");
}
END_TEST

START_TEST(long_names_leave_room_for_the_reason) {
    char name[900];
    memset(name, 'd', sizeof name);
    memcpy(name, folder, strlen(folder));
    name[strlen(folder)] = '/';
    memcpy(name + sizeof name - 6, "/last", 6);
    expect_unreadable(name, 10, CAIRN_IO, "/last: cannot open: File name too long");
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(env_file_write(name, "x", 1, why), CAIRN_IO);
    ck_assert_ptr_nonnull(strstr(why, "File name too long"));
}
END_TEST

// Writing 100,000 bytes fails with the given reason, and the old file is still there.
static void expect_write_fails(const char* word) {
    static char block[100000];
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(env_file_write(path, block, sizeof block, why), CAIRN_IO);
    ck_assert_msg(strstr(why, path) != NULL && strstr(why, word) != NULL,
                  "expected the path and '%s', got: %s", word, why);
    expect_content("stones");
}

START_TEST(a_refused_write_leaves_the_old_file) {
    write_small("stones");
    const struct rlimit limit = {10000, RLIM_INFINITY};
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    expect_write_fails("File too large");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    char why[CAIRN_WHY] = "", inside[160];
    snprintf(inside, sizeof inside, "%s/no/file", folder);
    ck_assert_int_eq(env_file_write(inside, "x", 1, why), CAIRN_IO);
    ck_assert_ptr_nonnull(strstr(why, "No such file or directory"));
    snprintf(inside, sizeof inside, "%s/sub", folder);
    ck_assert_int_eq(mkdir(inside, 0777), 0);
    ck_assert_int_eq(env_file_write(inside, "x", 1, why), CAIRN_IO);
    ck_assert_ptr_nonnull(strstr(why, "Is a directory"));
    ck_assert_int_eq(rmdir(inside), 0);
}
END_TEST

START_TEST(a_stale_temporary_file_is_no_obstacle) {
    write_small("stones");
    ck_assert_int_eq(rename(path, temporary), 0);
    write_small("new");
    expect_content("new");
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file) {
    if (mount("tmpfs", folder, "tmpfs", 0, "size=32k") != 0) {
        printf("skipped: a full disk (cannot mount a small tmpfs: %s)\n", strerror(errno));
        return;
    }
    write_small("stones");
    expect_write_fails("No space left on device");
    ck_assert_int_eq(mount("tmpfs", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=32k"), 0);
    expect_write_fails("Read-only file system");
    ck_assert_int_eq(umount(folder), 0);
}
END_TEST

START_TEST(a_read_only_folder_is_said) {
    enum { NOBODY = 65534 };
    const uid_t user = geteuid();
    write_small("stones");
    ck_assert_int_eq(chmod(folder, 0555), 0);
    if (user == 0) { // root may write everywhere
        ck_assert_int_eq(seteuid(NOBODY), 0);
    }
    expect_write_fails("Permission denied");
    ck_assert_int_eq(seteuid(user), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("file");
    TCase* whole = tcase_create("whole files");
    tcase_add_checked_fixture(whole, make_folder, remove_folder);
    tcase_add_test(whole, written_files_read_back);
    tcase_add_test(whole, reading_refuses_what_is_no_file_of_the_expected_size);
    tcase_add_test(whole, long_names_leave_room_for_the_reason);
    tcase_add_test(whole, a_refused_write_leaves_the_old_file);
    tcase_add_test(whole, a_stale_temporary_file_is_no_obstacle);
    tcase_add_test(whole, a_full_disk_leaves_the_old_file);
    tcase_add_test(whole, a_read_only_folder_is_said);
    suite_add_tcase(made, whole);
    return made;
}

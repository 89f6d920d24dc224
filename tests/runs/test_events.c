// TensorBoard event files, byte for byte.
#include <string.h>

#include "runs/events.h"
#include "tests/suite.h"

// RFC 3720, B.4: 32 bytes of zeros, of ones, and counting up.
START_TEST(test_crc32c) {
    uint8_t bytes[32] = {0};
    ck_assert_uint_eq(event_crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, 32);
    ck_assert_uint_eq(event_crc32c(bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)i;
    }
    ck_assert_uint_eq(event_crc32c(bytes, 32), 0x46dd794e);
    ck_assert_uint_eq(event_crc32c("123456789", 9), 0xe3069283);
}
END_TEST

// Golden: a file of these two records was read by TensorBoard 2.x's event_accumulator, which gave
// back tags, steps, values and wall times. It may change only with what TensorBoard reads.
static const uint8_t golden[] = {
    0x18, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa3, 0x7f, 0x4b, 0x22, 0x09, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x44, 0x8f, 0x40, 0x1a, 0x0d, 0x62, 0x72, 0x61, 0x69, 0x6e, 0x2e, 0x45,
    0x76, 0x65, 0x6e, 0x74, 0x3a, 0x32, 0xab, 0xa3, 0x33, 0x45, 0x3a, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x12, 0x95, 0xea, 0xe2, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x4a, 0x8f,
    0x40, 0x10, 0x80, 0x20, 0x2a, 0x2c, 0x0a, 0x16, 0x0a, 0x0f, 0x72, 0x65, 0x77, 0x61, 0x72,
    0x64, 0x2f, 0x6c, 0x61, 0x73, 0x74, 0x5f, 0x31, 0x30, 0x30, 0x15, 0x00, 0x00, 0x50, 0x40,
    0x0a, 0x12, 0x0a, 0x0b, 0x6c, 0x6f, 0x73, 0x73, 0x2f, 0x70, 0x6f, 0x6c, 0x69, 0x63, 0x79,
    0x15, 0x00, 0x00, 0x00, 0xbf, 0x93, 0xc7, 0x65, 0x12};

START_TEST(test_golden_file) {
    uint8_t record[EVENT_RECORD], file[2 * EVENT_RECORD];
    size_t size = event_version_record(1000.5, record);
    memcpy(file, record, size);
    const EventScalar scalars[] = {{"reward/last_100", 3.25f}, {"loss/policy", -0.5f}};
    size_t second = event_scalars_record(1001.25, 4096, 2, scalars, record);
    memcpy(file + size, record, second);
    ck_assert_uint_eq(size + second, sizeof golden);
    ck_assert_mem_eq(file, golden, sizeof golden);
}
END_TEST

START_TEST(test_largest_record_fits) {
    EventScalar scalars[EVENT_SCALARS];
    char tag[64];
    memset(tag, 'x', 63);
    tag[63] = '\0';
    for (int i = 0; i < EVENT_SCALARS; i++) {
        scalars[i] = (EventScalar){tag, (float)i};
    }
    uint8_t record[EVENT_RECORD];
    size_t size = event_scalars_record(1e9, INT64_MAX, EVENT_SCALARS, scalars, record);
    ck_assert_uint_le(size, sizeof record);
    uint64_t length;
    memcpy(&length, record, sizeof length);
    ck_assert_uint_eq(length + 16, size);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("runs/events");
    TCase* tests = tcase_create("events");
    tcase_add_test(tests, test_crc32c);
    tcase_add_test(tests, test_golden_file);
    tcase_add_test(tests, test_largest_record_fits);
    suite_add_tcase(suite, tests);
    return suite;
}

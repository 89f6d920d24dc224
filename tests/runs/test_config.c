// Settings: every key, round trips, presets, and how mistakes are answered.
#include <stdlib.h>
#include <string.h>

#include "runs/config.h"
#include "tests/suite.h"

static char* print(const Config* config) {
    char* text = NULL;
    size_t size = 0;
    FILE* file = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(file);
    config_print(config, file);
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

static void expect_same(const Config* a, const Config* b) {
    for (int i = 0; i < config_key_count(); i++) {
        ConfigKey key;
        char x[AGENT_VALUE], y[AGENT_VALUE];
        config_key(i, &key);
        config_get(a, i, x);
        config_get(b, i, y);
        ck_assert_msg(strcmp(x, y) == 0, "%s: %s and %s", key.name, x, y);
    }
}

static void read_back(const Config* config) {
    char why[CONFIG_WHY] = "";
    char* text = print(config);
    Config read = config_default();
    ck_assert_msg(config_read_text(&read, "printed", text, strlen(text), why), "%s", why);
    expect_same(config, &read);
    free(text);
}

// Values that a key takes and that are not its default.
static const char* other_value(const char* name) {
    static const char* const words[][2] = {{"network.encoder", "paper"},
                                           {"network.unlocked", "true"},
                                           {"ppo.bootstrap_truncated", "true"},
                                           {"ppo.anneal", "true"},
                                           {"distil.memory", "sum"},
                                           {"distil.prediction", "true"},
                                           {"distil.matching", "true"},
                                           {"distil.pack", "true"},
                                           {"distil.whole_episodes", "false"},
                                           {"compute.backend", "blas"},
                                           {"compute.dtype", "f32"},
                                           {"run.preset", "my-own_1.2"},
                                           {"ppo.adam_beta1", "0.5"},
                                           {"ppo.adam_beta2", "0.123456789012345"},
                                           {"ppo.gamma", "0.1"},
                                           {"ppo.lambda", "1e-3"},
                                           {"ppo.final_fraction", "0.25"},
                                           {"memory.kind", "ccm-merge"},
                                           {"memory.width", "64"},
                                           {"memory.adapter", "own"},
                                           {"train.seed", "-9223372036854775808"},
                                           {"train.steps", "9007199254740992"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], name) == 0) {
            return words[i][1];
        }
    }
    return "1";
}

START_TEST(test_every_key_round_trips) {
    Config config = config_default();
    read_back(&config);
    for (int i = 0; i < config_key_count(); i++) {
        ConfigKey key;
        char why[CONFIG_WHY] = "", before[AGENT_VALUE], after[AGENT_VALUE];
        config_key(i, &key);
        ck_assert_int_eq(config_find_key(key.name), i);
        config_get(&config, i, before);
        if (strcmp(before, "1") == 0) {
            ck_assert(config_set(&config, key.name, "2", why));
        } else {
            ck_assert_msg(config_set(&config, key.name, other_value(key.name), why), "%s", why);
        }
        config_get(&config, i, after);
        ck_assert_msg(strcmp(before, after) != 0, "%s stayed %s", key.name, before);
        read_back(&config);
    }
}
END_TEST

START_TEST(test_presets) {
    Config paper = config_default(), ppo = config_default();
    char why[CONFIG_WHY] = "";
    ck_assert_msg(config_read_preset(&paper, "paper-ppo", why), "%s", why);
    ck_assert_msg(config_check(&paper, why), "%s", why);
    ck_assert_int_eq(paper.agent.encoder, AGENT_ENCODER_PAPER);
    ck_assert_int_eq(paper.agent.channels, 64);
    ck_assert_int_eq(paper.agent.latent, 1024);
    ck_assert_int_eq(paper.agent.worlds, 8);
    ck_assert_int_eq(paper.agent.rollout_steps, 512);
    ck_assert_double_eq(paper.agent.learning_rate, 3e-4);
    ck_assert_str_eq(paper.preset, "paper-ppo");
    ck_assert_msg(config_read_preset(&ppo, "ppo", why), "%s", why);
    ck_assert_msg(config_check(&ppo, why), "%s", why);
    ck_assert_int_eq(ppo.agent.encoder, AGENT_ENCODER_TILE);
}
END_TEST

// All presets that are built in must be good: a typo in one would only show to its user.
START_TEST(test_all_presets_are_good) {
    ck_assert_uint_ge(config_preset_count, 2);
    for (size_t i = 0; i < config_preset_count; i++) {
        Config config = config_default();
        char why[CONFIG_WHY] = "";
        ck_assert_msg(config_read_preset(&config, config_presets[i].name, why), "%s", why);
        ck_assert_msg(config_check(&config, why), "%s: %s", config_presets[i].name, why);
    }
}
END_TEST

START_TEST(test_preset_files) {
    char path[] = "/tmp/cairn-preset-XXXXXX.ini", why[CONFIG_WHY] = "";
    int file = mkstemps(path, 4);
    ck_assert_int_ge(file, 0);
    FILE* stream = fdopen(file, "w");
    fputs("[ppo]\ngamma = 0.75\n", stream);
    fclose(stream);
    Config config = config_default();
    ck_assert_msg(config_read_preset(&config, path, why), "%s", why);
    ck_assert_double_eq(config.agent.gamma, 0.75);
    ck_assert(strncmp(config.preset, "cairn-preset-", 13) == 0);
    ck_assert_ptr_null(strstr(config.preset, ".ini"));
    remove(path);
    ck_assert(!config_read_preset(&config, path, why));
    ck_assert_ptr_nonnull(strstr(why, path));
}
END_TEST

// Mistakes in a file: the message has the line and says what would be right.
START_TEST(test_mistakes_in_files) {
    static const struct {
        const char *text, *line, *says;
    } cases[] = {
        {"[ppo]\ngama = 1\n", "x.ini:2:", "did you mean 'ppo.gamma'?"},
        {"[pop]\ngamma = 1\n", "x.ini:2:", "did you mean 'ppo.gamma'?"},
        {"\n\n[network]\nchanels=3\n", "x.ini:4:", "did you mean 'network.channels'?"},
        {"[zzzzzz]\nqqqqqqqqqqqq = 1\n", "x.ini:2:", "--keys"},
        {"gamma = 0.5\n", "x.ini:1:", "did you mean 'ppo.gamma'?"},
        {"[ppo]\ngamma = 1.5\n", "x.ini:2:", "[0, 1]"},
        {"[ppo]\ngamma = abc\n", "x.ini:2:", "abc"},
        {"[ppo]\ngamma =\n", "x.ini:2:", "ppo.gamma"},
        {"[ppo]\ngamma = nan\n", "x.ini:2:", "ppo.gamma"},
        {"[network]\nencoder = tiles\n", "x.ini:2:", "tile"},
        {"[ppo]\nepochs = 2.5\n", "x.ini:2:", "ppo.epochs"},
        {"[ppo]\nepochs = 99999999999999999999\n", "x.ini:2:", "ppo.epochs"},
        {"[run]\ncheckpoint_every = 0\n", "x.ini:2:", "[1, "},
        {"[run]\nkeep_checkpoints = 1001\n", "x.ini:2:", "1000"},
        {"[run]\npreset = a b\n", "x.ini:2:", "run.preset"},
        {"[ppo]\ngamma = 0.5\n# c\ngamma = 0.6\n", "x.ini:4:", "second time"},
        {"[ppo]\nwhat is this\n", "x.ini:2:", "key = value"},
        {"[ppo\ngamma = 1\n", "x.ini:1:", "[section]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Config config = config_default(), standard = config_default();
        char why[CONFIG_WHY] = "";
        bool good = config_read_text(&config, "x.ini", cases[i].text, strlen(cases[i].text), why);
        ck_assert_msg(!good, "accepted: %s", cases[i].text);
        ck_assert_msg(strncmp(why, cases[i].line, strlen(cases[i].line)) == 0, "'%s' for:\n%s", why,
                      cases[i].text);
        ck_assert_msg(strstr(why, cases[i].says), "'%s' lacks '%s'", why, cases[i].says);
        ck_assert_ptr_null(strchr(why, '\n'));
        expect_same(&config, &standard); // refused as a whole
    }
}
END_TEST

START_TEST(test_forms_of_a_file) {
    const char text[] = "; a comment\n# another\n\n[ppo] \n   gamma=0.5 ; why not\n\tepochs : 4\r\n"
                        "[train]\nsteps = 250k";
    Config config = config_default();
    char why[CONFIG_WHY] = "";
    ck_assert_msg(config_read_text(&config, "x.ini", text, strlen(text), why), "%s", why);
    ck_assert_double_eq(config.agent.gamma, 0.5);
    ck_assert_int_eq(config.agent.epochs, 4);
    ck_assert_int_eq(config.agent.total_steps, 250000);
}
END_TEST

START_TEST(test_no_text) {
    Config config = config_default();
    char why[CONFIG_WHY] = "", text[400];
    ck_assert(!config_read_text(&config, "x", "[ppo]\n\0gamma = 1\n", 17, why));
    ck_assert_ptr_nonnull(strstr(why, "x:2: a zero byte"));
    memset(text, 'a', sizeof text);
    ck_assert(!config_read_text(&config, "x", text, sizeof text, why));
    ck_assert_ptr_nonnull(strstr(why, "x:1: the line is too long"));
    ck_assert(config_read_text(&config, "x", "", 0, why));
    ck_assert(!config_read_file(&config, "/no/such/file", why));
    ck_assert_ptr_nonnull(strstr(why, "/no/such/file"));
    ck_assert(!config_read_file(&config, "/tmp", why));
    ck_assert_ptr_nonnull(strstr(why, "/tmp"));
}
END_TEST

START_TEST(test_assignments) {
    Config config = config_default();
    char why[CONFIG_WHY] = "";
    ck_assert(!config.threads_given);
    ck_assert(config_assign(&config, "compute.threads=3", why));
    ck_assert_int_eq(config.agent.threads, 3);
    ck_assert(config.threads_given);
    ck_assert(config_assign(&config, "train.steps=1M", why));
    ck_assert_int_eq(config.agent.total_steps, 1000000);
    static const char* const bad[] = {"", "=", "ppo.gamma", "=1", "ppo.gamma=", "ppo.gamma=2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!config_assign(&config, bad[i], why), "accepted: '%s'", bad[i]);
    }
    ck_assert(!config_assign(&config, "ppo.lamda=1", why));
    ck_assert_ptr_nonnull(strstr(why, "did you mean 'ppo.lambda'?"));
}
END_TEST

START_TEST(test_preset_typo) {
    Config config = config_default();
    char why[CONFIG_WHY] = "";
    ck_assert(!config_read_preset(&config, "paper-pop", why));
    ck_assert_ptr_nonnull(strstr(why, "did you mean 'paper-ppo'?"));
    ck_assert(!config_read_preset(&config, "xxxxxxxxxxxxx", why));
    ck_assert_ptr_nonnull(strstr(why, "fast, memory, paper-ppo, paper, ppo"));
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("runs/config");
    TCase* tests = tcase_create("config");
    tcase_add_test(tests, test_every_key_round_trips);
    tcase_add_test(tests, test_presets);
    tcase_add_test(tests, test_all_presets_are_good);
    tcase_add_test(tests, test_preset_files);
    tcase_add_test(tests, test_mistakes_in_files);
    tcase_add_test(tests, test_forms_of_a_file);
    tcase_add_test(tests, test_no_text);
    tcase_add_test(tests, test_assignments);
    tcase_add_test(tests, test_preset_typo);
    suite_add_tcase(suite, tests);
    return suite;
}

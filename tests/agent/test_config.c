// Keys, values, ranges.
#include <string.h>

#include "agent/agent.h"
#include "tests/suite.h"

START_TEST(defaults_are_valid) {
    AgentConfig config = agent_default_config();
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_config_check(&config, why) == AGENT_OK, "%s", why);
}
END_TEST

// Every value as text, read into another config, is the same value.
START_TEST(text_round_trip) {
    AgentConfig config = agent_default_config(), other = agent_default_config();
    config.encoder = AGENT_ENCODER_PAPER;
    config.gamma = 0.1 + 0.2; // 17 digits
    config.learning_rate = 2.5e-4;
    config.bootstrap_truncated = true;
    config.seed = -9007199254740993; // not a double
    config.total_steps = 123456789012;
    config.dtype = NET_DTYPE_BF16;
    config.backend = NET_BACKEND_BLAS;
    int32_t count = 0;
    const AgentKey* keys = agent_config_keys(&count);
    ck_assert_int_gt(count, 25);
    for (int32_t i = 0; i < count; i++) {
        char text[AGENT_VALUE], again[AGENT_VALUE], why[AGENT_WHY] = "";
        agent_config_get(&config, i, text);
        ck_assert_msg(agent_config_set(&other, keys[i].name, text, why) == AGENT_OK, "%s", why);
        agent_config_get(&other, i, again);
        ck_assert_str_eq(text, again);
    }
    ck_assert(other.encoder == config.encoder && other.gamma == config.gamma);
    ck_assert(other.learning_rate == config.learning_rate && other.bootstrap_truncated);
    ck_assert(other.seed == config.seed && other.total_steps == config.total_steps);
    ck_assert(other.dtype == NET_DTYPE_BF16 && other.backend == NET_BACKEND_BLAS);
}
END_TEST

static void refuse(const char* key, const char* text, const char* part) {
    AgentConfig config = agent_default_config(), before = config;
    char why[AGENT_WHY] = "";
    ck_assert_msg(agent_config_set(&config, key, text, why) == AGENT_BAD_CONFIG, "%s = %s", key,
                  text);
    ck_assert_msg(strstr(why, part), "\"%s\" should contain \"%s\"", why, part);
    ck_assert(memcmp(&config, &before, sizeof config) == 0);
}

START_TEST(bad_values) {
    refuse("ppo.gama", "0.9", "no key \"ppo.gama\"");
    refuse("ppo.gamma", "1.01", "[0, 1]");
    refuse("ppo.gamma", "", "ppo.gamma");
    refuse("ppo.gamma", "0.9x", "0.9x");
    refuse("ppo.gamma", "nan", "nan");
    refuse("ppo.learning_rate", "0", "ppo.learning_rate");
    refuse("ppo.learning_rate", "inf", "inf");
    refuse("world.count", "0", "[1, 65536]");
    refuse("world.count", "3.5", "whole number");
    refuse("world.count", "99999999999999999999", "whole number");
    refuse("network.encoder", "tiles", "paper, tile or symbolic");
    refuse("ppo.anneal", "yes", "true or false");
    refuse("compute.dtype", "f16", "bf16");
    refuse("train.seed", "9223372036854775808", "train.seed");
}
END_TEST

START_TEST(numbers_as_people_write_them) {
    AgentConfig config = agent_default_config();
    char why[AGENT_WHY] = "";
    ck_assert(agent_config_set(&config, "train.steps", "1e6", why) == AGENT_OK);
    ck_assert_int_eq(config.total_steps, 1000000);
    ck_assert(agent_config_set(&config, "train.seed", "9223372036854775807", why) == AGENT_OK);
    ck_assert(config.seed == INT64_MAX);
    ck_assert(agent_config_set(&config, "train.seed", "-3", why) == AGENT_OK);
    ck_assert_int_eq(config.seed, -3);
    ck_assert(agent_config_set(&config, "ppo.learning_rate", "1e-3", why) == AGENT_OK);
    ck_assert_double_eq(config.learning_rate, 1e-3);
}
END_TEST

static void combination(AgentConfig config, const char* part) {
    char why[AGENT_WHY] = "";
    ck_assert(agent_config_check(&config, why) == AGENT_BAD_CONFIG);
    ck_assert_msg(strstr(why, part), "\"%s\" should contain \"%s\"", why, part);
}

START_TEST(bad_combinations) {
    AgentConfig config = agent_default_config();
    config.minibatch = 500;
    combination(config, "ppo.minibatch is 500");
    config.minibatch = 8192;
    combination(config, "4096");
    config = agent_default_config();
    config.worlds = 65536;
    combination(config, "at most 4194304");
    config = agent_default_config();
    config.threads = 33;
    combination(config, "compute.threads is 33");
    config = agent_default_config();
    config.clip = 0;
    combination(config, "ppo.clip");
    config = agent_default_config();
    config.encoder = (AgentEncoder)7;
    combination(config, "network.encoder");
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("config");
    TCase* c = tcase_create("config");
    tcase_add_test(c, defaults_are_valid);
    tcase_add_test(c, text_round_trip);
    tcase_add_test(c, bad_values);
    tcase_add_test(c, numbers_as_people_write_them);
    tcase_add_test(c, bad_combinations);
    suite_add_tcase(s, c);
    return s;
}

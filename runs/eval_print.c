#include "runs/eval_print.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "runs/progress.h"
#include "runs/runs.h"

const char* const eval_recall_names[EVAL_RECALLS] = {
    [AGENT_RECALL_OWN] = "own", [AGENT_RECALL_NOTHING] = "nothing", [AGENT_RECALL_OTHER] = "other"};

static void print_interval(const char* name, const char* unit, const ScoreInterval* interval) {
    printf("%-22s %8.2f%-2s  %8.2f .. %.2f\n", name, interval->value, unit, interval->low,
           interval->high);
}

static void print_next(const AgentNextSummary* next) {
    printf("\nnext achievement over %" PRId64 " steps that have one; chance: %.1f %%\n",
           next->steps, 100 * next->chance);
    if (next->predicts) {
        printf("%-22s %8.2f %%  nearest prototype\n", "prediction, top 1", 100 * next->top1);
        printf("%-22s %8.2f %%  among the nearest three\n", "prediction, top 3", 100 * next->top3);
    }
    if (next->probed) {
        printf("%-22s %8.2f %%  given to the right one, on %" PRId64 " steps of even episodes\n",
               "probe, probability", 100 * next->probe_probability, next->test_steps);
        printf("%-22s %8.2f %%  (a linear map of the latent, fitted to odd episodes)\n",
               "probe, top 1", 100 * next->probe_top1);
    }
}

static void print_places(const AgentPlaceSummary places[AGENT_PLACES]) {
    printf("\ndirection of what was seen earlier and is out of view (linear maps; one of four)\n");
    printf("%-22s %8s %10s %10s %10s\n", "", "steps", "chance", "latent",
           places[0].remembers ? "and memory" : "");
    for (int i = 0; i < AGENT_PLACES; i++) {
        const AgentPlaceSummary* place = &places[i];
        printf("%-22s %8" PRId64, place->name, place->test_steps);
        if (place->probed) {
            printf(" %8.1f %% %8.1f %%", 100 * place->chance, 100 * place->latent_top1);
        }
        if (place->probed && place->remembers) {
            printf(" %8.1f %%", 100 * place->memory_top1);
        }
        printf("\n");
    }
}

static void print_ends(const AgentEndSummary* ends) {
    printf("\nhow episodes end: thirst %.1f %%, hunger %.1f %%, fatigue %.1f %% (drink, food, "
           "energy at "
           "0),\nnone of these %.1f %%, alive at the length limit %.1f %%; in lava %.1f %%\n",
           100 * ends->thirst, 100 * ends->hunger, 100 * ends->fatigue, 100 * ends->damage,
           100 * ends->cut, 100 * ends->lava);
    printf("health in an episode: %.1f lost to zombies, %.1f to arrows, %.1f to thirst, hunger and "
           "fatigue;\n%.1f regained\n",
           ends->lost_to_zombies, ends->lost_to_arrows, ends->lost_to_needs, ends->regained);
    printf("drink is %d or less in %.1f %% of all steps", AGENT_THIRSTY,
           100 * (double)ends->thirsty_steps / (double)ends->steps);
    if (ends->thirsty_steps > 0) {
        printf(
            "; there, water is in view in %.1f %%, was\nseen earlier in %.1f %% (%.1f cells away "
            "in the mean), has not been seen in %.1f %%",
            100 * ends->water_in_view, 100 * ends->water_seen_earlier, ends->water_distance,
            100 * ends->water_unseen);
    }
    printf("\n");
}

static void print_chances(const AgentChanceSummary chances[AGENT_CHANCES]) {
    printf("\nepisodes of %" PRId64
           " in which it was in view, its tool or materials in hand; before "
           "these only;\nmean steps in view where it was not taken\n",
           chances[0].episodes);
    printf("%-22s %8s %10s %10s %10s\n", "", "in view", "taken", "before", "missed");
    for (int i = 0; i < AGENT_CHANCES; i++) {
        const AgentChanceSummary* chance = &chances[i];
        printf("%-22s %8" PRId64 " %10" PRId64 " %10" PRId64, chance->name, chance->in_view,
               chance->taken, chance->seen_before);
        if (chance->taken < chance->in_view) {
            printf(" %10.1f", chance->missed_steps);
        }
        printf("\n");
    }
}

void eval_print_text(const EvalOptions* options, const EvalFigures* figures) {
    const ScoreSummary* summary = &figures->summary;
    static const char* const recalls[] = {
        [AGENT_RECALL_OWN] = "",
        [AGENT_RECALL_NOTHING] = ", memory forgotten at the end of every chunk",
        [AGENT_RECALL_OTHER] = ", memory swapped for another episode's at the end of every chunk"};
    char steps[32];
    progress_format_count(figures->trained, steps);
    printf("agent     %s, trained for %s steps\n", figures->path, steps);
    printf("episodes  1 to %" PRId32 " of seed %" PRId64 ", actions %s%s\n\n", options->episodes,
           options->seed, options->greedy ? "most probable" : "drawn", recalls[options->recall]);
    printf("%-22s %9s   %s\n", "achievement", "success", "95 % interval");
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        print_interval(cairn_achievement_name(k), " %", &summary->rate[k]);
    }
    printf("\n");
    print_interval("score", " %", &summary->score);
    print_interval("reward", "", &summary->reward);
    print_interval("length", "", &summary->length);
    printf("%-22s %8.2f    r^2 of value and discounted return\n", "value fit", figures->value_fit);
    print_ends(&figures->ends);
    print_chances(figures->chances);
    print_next(&figures->next);
    print_places(figures->places);
}

// Percent; what could not be asked is null.
static json_t* next_json(const AgentNextSummary* next) {
    json_t* object =
        json_pack("{s:I, s:f, s:I, s:I}", "steps", (json_int_t)next->steps, "chance_percent",
                  100 * next->chance, "probe_fit_steps", (json_int_t)next->fit_steps,
                  "probe_test_steps", (json_int_t)next->test_steps);
    const struct {
        const char* key;
        bool there;
        double value;
    } figures[] = {{"prediction_top1_percent", next->predicts, next->top1},
                   {"prediction_top3_percent", next->predicts, next->top3},
                   {"probe_probability_percent", next->probed, next->probe_probability},
                   {"probe_top1_percent", next->probed, next->probe_top1}};
    for (size_t i = 0; object && i < sizeof figures / sizeof figures[0]; i++) {
        json_object_set_new(object, figures[i].key,
                            figures[i].there ? json_real(100 * figures[i].value) : json_null());
    }
    return object;
}

static json_t* places_json(const AgentPlaceSummary places[AGENT_PLACES]) {
    json_t* object = json_object();
    for (int i = 0; i < AGENT_PLACES; i++) {
        const AgentPlaceSummary* place = &places[i];
        json_t* memory =
            place->probed && place->remembers ? json_real(100 * place->memory_top1) : json_null();
        json_t* latent = place->probed ? json_real(100 * place->latent_top1) : json_null();
        json_t* chance = place->probed ? json_real(100 * place->chance) : json_null();
        json_object_set_new(object, place->name,
                            json_pack("{s:I, s:I, s:o, s:o, s:o}", "probe_fit_steps",
                                      (json_int_t)place->fit_steps, "probe_test_steps",
                                      (json_int_t)place->test_steps, "chance_percent", chance,
                                      "latent_percent", latent, "memory_percent", memory));
    }
    return object;
}

static json_t* ends_json(const AgentEndSummary* ends) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}",
                     "thirst_percent", 100 * ends->thirst, "hunger_percent", 100 * ends->hunger,
                     "fatigue_percent", 100 * ends->fatigue, "damage_percent", 100 * ends->damage,
                     "cut_percent", 100 * ends->cut, "lava_percent", 100 * ends->lava,
                     "health_lost_to_zombies", ends->lost_to_zombies, "health_lost_to_arrows",
                     ends->lost_to_arrows, "health_lost_to_needs", ends->lost_to_needs,
                     "health_regained", ends->regained, "thirsty_steps_percent",
                     100 * (double)ends->thirsty_steps / (double)ends->steps,
                     "thirsty_water_in_view_percent", 100 * ends->water_in_view,
                     "thirsty_water_seen_earlier_percent", 100 * ends->water_seen_earlier,
                     "thirsty_water_distance", ends->water_distance, "thirsty_water_unseen_percent",
                     100 * ends->water_unseen);
}

static json_t* chances_json(const AgentChanceSummary chances[AGENT_CHANCES]) {
    json_t* object = json_object();
    for (int i = 0; i < AGENT_CHANCES; i++) {
        const AgentChanceSummary* chance = &chances[i];
        const bool missed = chance->taken < chance->in_view;
        json_object_set_new(
            object, chance->name,
            json_pack("{s:I, s:I, s:I, s:o}", "in_view", (json_int_t)chance->in_view, "taken",
                      (json_int_t)chance->taken, "seen_before", (json_int_t)chance->seen_before,
                      "missed_steps", missed ? json_real(chance->missed_steps) : json_null()));
    }
    return object;
}

static json_t* interval_json(const ScoreInterval* interval) {
    return json_pack("{s:f, s:f, s:f}", "value", interval->value, "low", interval->low, "high",
                     interval->high);
}

int eval_print_json(const EvalOptions* options, const EvalFigures* figures) {
    const ScoreSummary* summary = &figures->summary;
    json_t* rates = json_object();
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        json_object_set_new(rates, cairn_achievement_name(k), interval_json(&summary->rate[k]));
    }
    json_t* object = json_pack(
        "{s:s, s:I, s:i, s:I, s:b, s:s, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o}", "checkpoint",
        figures->path, "trained_steps", (json_int_t)figures->trained, "episodes",
        (int)options->episodes, "seed", (json_int_t)options->seed, "greedy", (int)options->greedy,
        "recall", eval_recall_names[options->recall], "success_rates_percent", rates,
        "score_percent", interval_json(&summary->score), "reward", interval_json(&summary->reward),
        "length", interval_json(&summary->length), "value_fit", figures->value_fit, "ends",
        ends_json(&figures->ends), "within_reach", chances_json(figures->chances),
        "next_achievement", next_json(&figures->next), "places_seen_earlier",
        places_json(figures->places));
    char* text = object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(object);
    if (!text) {
        return runs_fail("out of memory, or the path %s is not UTF-8", figures->path);
    }
    puts(text);
    free(text);
    return RUNS_OK;
}

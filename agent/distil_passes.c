// The matching pass and the prediction pass over the trajectories of a phase.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/contrast.h"
#include "agent/distil.h"
#include "agent/distil_match.h"
#include "agent/transport.h"

static int32_t row_of(const AgentTrainer* trainer, const Trajectory* trajectory, int32_t step) {
    return (trajectory->first + step) * trainer->config.worlds + trajectory->world;
}

static void shuffle(AgentTrainer* trainer, int32_t count, int32_t* index) {
    for (int32_t i = 0; i < count; i++) {
        index[i] = i;
    }
    net_random_permute(&trainer->distil->random, (size_t)count, index);
}

static AgentStatus diverged(const AgentTrainer* trainer, const char* pass, const char* what,
                            char why[AGENT_WHY]) {
    snprintf(why, AGENT_WHY,
             "%s of the distillation phase after %lld steps: the %s is not finite; try a lower "
             "distil.learning_rate or compute.dtype=f32",
             pass, (long long)trainer->progress.env_steps, what);
    return AGENT_DIVERGED;
}

// Hands the batch to the optimiser and adds up its figures; loss: its contrastive loss.
static AgentStatus learn(AgentTrainer* trainer, NetAdam* adam, double loss, AgentPass* pass,
                         const char* name, char why[AGENT_WHY]) {
    double norm = batch_learn(trainer, adam, &pass->kl, &pass->value_loss);
    pass->updates++;
    pass->pairs += trainer->distil->batch.pair_count;
    pass->rows += trainer->distil->batch.row_count;
    pass->looks += trainer->distil->batch.look_count;
    pass->loss += loss;
    pass->gradient_norm += norm;
    if (isfinite(norm) && isfinite(loss)) {
        return AGENT_OK;
    }
    return diverged(trainer, name, isfinite(loss) ? "gradient" : "loss", why);
}

static void take_means(AgentPass* pass) {
    double updates = pass->updates > 0 ? (double)pass->updates : 1;
    pass->loss /= updates;
    pass->kl /= updates;
    pass->value_loss /= updates;
    pass->gradient_norm /= updates;
}

// ---------------------------------------------------------------- prediction
// Steps [from, to) of distil->steps, those of a trajectory, with their next goals and partners.
static void add_steps(AgentTrainer* trainer, int32_t number, int32_t from, int32_t to) {
    Distil* d = trainer->distil;
    DistilBatch* b = &d->batch;
    const Trajectory* trajectory = &d->trajectories[number];
    int32_t goals = batch_goals(b, trajectory, number, trainer->config.worlds);
    for (int32_t i = from; i < to; i++) {
        int32_t step = d->steps[i];
        int32_t own = row_of(trainer, trajectory, step);
        int32_t other = row_of(trainer, trajectory, d->partner[step]);
        DistilPair pair = {.anchor = goals + trajectory_next_goal(trajectory, step)};
        pair.positive = batch_row(b, own);
        pair.negative = batch_row(b, other);
        batch_draw(b, pair.positive, trainer->rollout.target[own]);
        batch_draw(b, pair.negative, trainer->rollout.target[other]);
        b->pairs[b->pair_count++] = pair;
    }
}

static double prediction_loss(AgentTrainer* trainer) {
    DistilBatch* b = &trainer->distil->batch;
    double sum = 0, weight = 1.0 / b->pair_count;
    for (int32_t i = 0; i < b->pair_count; i++) {
        size_t positive = (size_t)b->pairs[i].positive * b->width;
        size_t negative = (size_t)b->pairs[i].negative * b->width;
        Contrast contrast = {.anchor = b->goal + (size_t)b->pairs[i].anchor * b->width,
                             .positive = b->prediction + positive,
                             .negative = b->prediction + negative,
                             .d_positive = b->d_prediction + positive,
                             .d_negative = b->d_prediction + negative};
        sum += contrast_loss(b->width, trainer->config.distil_temperature, weight, &contrast);
    }
    return sum * weight;
}

static AgentStatus prediction_update(AgentTrainer* trainer, AgentPass* pass, char why[AGENT_WHY]) {
    if (trainer_stopped(trainer)) {
        return AGENT_STOPPED;
    }
    batch_encode_goals(trainer);
    batch_predict(trainer);
    AgentStatus status =
        learn(trainer, &trainer->adam[2], prediction_loss(trainer), pass, "prediction", why);
    batch_clear(&trainer->distil->batch, true);
    return status;
}

// A trajectory longer than a batch: its steps in random order, a batch at a time.
static AgentStatus predict_in_parts(AgentTrainer* trainer, int32_t number, int32_t known,
                                    AgentPass* pass, char why[AGENT_WHY]) {
    int32_t batch = trainer->config.distil_batch;
    AgentStatus status = AGENT_OK;
    shuffle(trainer, known, trainer->distil->partner);
    shuffle(trainer, known, trainer->distil->steps);
    for (int32_t from = 0; from < known && status == AGENT_OK; from += batch) {
        add_steps(trainer, number, from, known - from < batch ? known : from + batch);
        status = prediction_update(trainer, pass, why);
    }
    return status;
}

// Adds trajectories from order[first] on that fit into what room the batch has; those passed over
// move back. Returns the place of the first that is left.
static int32_t fill_batch(AgentTrainer* trainer, int32_t first) {
    Distil* d = trainer->distil;
    int32_t room = trainer->config.distil_batch;
    for (int32_t i = first; i < d->trajectory_count && room > 0; i++) {
        int32_t number = d->order[i];
        int32_t known = trajectory_known_steps(&d->trajectories[number]);
        if (known > room || (i > first && !trainer->config.distil_pack)) {
            continue;
        }
        memmove(d->order + first + 1, d->order + first, (size_t)(i - first) * sizeof *d->order);
        d->order[first++] = number;
        shuffle(trainer, known, d->partner);
        for (int32_t step = 0; step < known; step++) {
            d->steps[step] = step;
        }
        add_steps(trainer, number, 0, known);
        room = trainer->config.distil_pack ? room - known : 0;
    }
    return first;
}

AgentStatus prediction_pass(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]) {
    Distil* d = trainer->distil;
    AgentPass* pass = &iteration->prediction;
    AgentStatus status = AGENT_OK;
    double start = trainer_seconds();
    shuffle(trainer, d->trajectory_count, d->order);
    batch_clear(&d->batch, true);
    for (int32_t next = 0; next < d->trajectory_count && status == AGENT_OK;) {
        int32_t number = d->order[next];
        int32_t known = trajectory_known_steps(&d->trajectories[number]);
        if (known > trainer->config.distil_batch) {
            status = predict_in_parts(trainer, number, known, pass, why);
            next++;
        } else {
            next = fill_batch(trainer, next);
            status = prediction_update(trainer, pass, why);
        }
    }
    take_means(pass);
    pass->seconds = trainer_seconds() - start;
    return status;
}

// ---------------------------------------------------------------- matching
// Other trajectories for the source to be matched with, drawn without repetition.
static void choose_targets(AgentTrainer* trainer, int32_t source) {
    Distil* d = trainer->distil;
    int32_t others = d->trajectory_count - 1, wanted = trainer->config.distil_targets;
    for (int32_t i = 0; i < others; i++) {
        d->others[i] = i < source ? i : i + 1;
    }
    for (int32_t i = 0; i < others && i < wanted; i++) {
        int32_t at = i + (int32_t)net_random_below(&d->random, (uint32_t)(others - i));
        int32_t target = d->others[at];
        d->others[at] = d->others[i];
        MatchPair* pair = &d->match[d->match_count++];
        *pair = (MatchPair){.source = source, .target = target};
        batch_goals(&d->batch, &d->trajectories[source], source, trainer->config.worlds);
        batch_goals(&d->batch, &d->trajectories[target], target, trainer->config.worlds);
    }
}

static void match_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    Distil* d = trainer->distil;
    for (int32_t i = thread; i < d->match_count; i += trainer->config.threads) {
        MatchPair* pair = &d->match[i];
        const Trajectory *source = &d->trajectories[pair->source],
                         *target = &d->trajectories[pair->target];
        match_goals(d->batch.width, source->goal_count,
                    d->batch.goal + (size_t)d->batch.goals_of[pair->source] * d->batch.width,
                    target->goal_count,
                    d->batch.goal + (size_t)d->batch.goals_of[pair->target] * d->batch.width,
                    trainer->workers[thread].transport, pair->matched);
    }
}

// What the step before a goal unlocked.
static uint32_t unlocked_at(const AgentTrainer* trainer, const Trajectory* trajectory, int32_t k) {
    int32_t row = row_of(trainer, trajectory, trajectory->goal[k]);
    const uint32_t* before = trainer->rollout.unlocked_before;
    return before[row] & ~before[row - trainer->config.worlds];
}

// The pairs of goals that one source and target have in common, and a random step for each.
static void add_matches(AgentTrainer* trainer, const MatchPair* pair, AgentPass* pass) {
    Distil* d = trainer->distil;
    DistilBatch* b = &d->batch;
    const Trajectory *source = &d->trajectories[pair->source],
                     *target = &d->trajectories[pair->target];
    for (int32_t k = 0; k < source->goal_count; k++) {
        for (int32_t j = 0; j < target->goal_count; j++) {
            if (!(pair->matched[k] >> j & 1)) {
                continue;
            }
            int32_t negative = (int32_t)net_random_below(&d->random, (uint32_t)target->goal_count);
            int32_t goals = b->goals_of[pair->target];
            b->goals[b->goals_of[pair->source] + k].anchored = true;
            b->pairs[b->pair_count++] =
                (DistilPair){b->goals_of[pair->source] + k, goals + j, goals + negative};
            pass->alike += unlocked_at(trainer, source, k) == unlocked_at(trainer, target, j);
            int32_t step = (int32_t)net_random_below(&d->random, (uint32_t)source->length);
            int32_t row = row_of(trainer, source, step);
            batch_draw(b, batch_row(b, row), trainer->rollout.target[row]);
        }
    }
}

static double matching_loss(AgentTrainer* trainer) {
    DistilBatch* b = &trainer->distil->batch;
    double sum = 0, weight = 1.0 / b->pair_count;
    memset(b->d_goal, 0, (size_t)b->goal_count * b->width * sizeof *b->d_goal);
    for (int32_t i = 0; i < b->pair_count; i++) {
        size_t anchor = (size_t)b->pairs[i].anchor * b->width;
        Contrast contrast = {.anchor = b->goal + anchor,
                             .positive = b->goal + (size_t)b->pairs[i].positive * b->width,
                             .negative = b->goal + (size_t)b->pairs[i].negative * b->width,
                             .d_anchor = b->d_goal + anchor};
        sum += contrast_loss(b->width, trainer->config.distil_temperature, weight, &contrast);
    }
    return sum * weight;
}

// The way back from the anchors' unit vectors to the latents around them.
static void add_goal_gradients(AgentTrainer* trainer, int32_t source) {
    Distil* d = trainer->distil;
    DistilBatch* b = &d->batch;
    for (int32_t k = 0; k < d->trajectories[source].goal_count; k++) {
        size_t goal = (size_t)(b->goals_of[source] + k);
        if (!b->goals[goal].anchored) {
            continue;
        }
        size_t after = (size_t)batch_row(b, b->look[b->goals[goal].after]);
        size_t before = (size_t)batch_row(b, b->look[b->goals[goal].before]);
        goal_gradient(b->width, b->goal + goal * b->width, b->norm[goal],
                      b->d_goal + goal * b->width, b->d_latent + before * b->width,
                      b->d_latent + after * b->width);
    }
}

// Those that are not would match nothing, and nobody would notice.
static bool goals_are_finite(const DistilBatch* b) {
    double sum = 0;
    for (int32_t i = 0; i < b->goal_count; i++) {
        sum += (double)b->norm[i];
    }
    return isfinite(sum);
}

static AgentStatus matching_update(AgentTrainer* trainer, const int32_t* sources, int32_t count,
                                   AgentPass* pass, char why[AGENT_WHY]) {
    Distil* d = trainer->distil;
    if (trainer_stopped(trainer)) {
        return AGENT_STOPPED;
    }
    batch_clear(&d->batch, false);
    d->match_count = 0;
    for (int32_t i = 0; i < count; i++) {
        choose_targets(trainer, sources[i]);
    }
    batch_encode_goals(trainer);
    if (!goals_are_finite(&d->batch)) {
        return diverged(trainer, "matching", "vector of a goal", why);
    }
    cairn_parallel(trainer->worlds, match_job, trainer);
    for (int32_t i = 0; i < d->match_count; i++) {
        add_matches(trainer, &d->match[i], pass);
    }
    if (d->batch.pair_count == 0) {
        return AGENT_OK;
    }
    double loss = matching_loss(trainer);
    for (int32_t i = 0; i < count; i++) {
        add_goal_gradients(trainer, sources[i]);
    }
    return learn(trainer, &trainer->adam[1], loss, pass, "matching", why);
}

AgentStatus matching_pass(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]) {
    Distil* d = trainer->distil;
    AgentPass* pass = &iteration->matching;
    AgentStatus status = AGENT_OK;
    double start = trainer_seconds();
    int32_t count = d->trajectory_count > 1 ? d->trajectory_count : 0; // alone: nothing to match
    shuffle(trainer, d->trajectory_count, d->order);
    for (int32_t i = 0; i < count && status == AGENT_OK; i += trainer->config.distil_sources) {
        int32_t left = count - i;
        int32_t sources =
            left < trainer->config.distil_sources ? left : trainer->config.distil_sources;
        status = matching_update(trainer, d->order + i, sources, pass, why);
    }
    take_means(pass);
    pass->seconds = trainer_seconds() - start;
    return status;
}

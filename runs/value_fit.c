#include "runs/value_fit.h"

void value_fit_add(ValueFit* fit, double gamma, int32_t length, const AgentTrace* trace) {
    double rest = 0;
    for (int32_t t = length; t-- > 0;) {
        const double value = (double)trace->value[t];
        rest = (double)trace->reward[t] + gamma * rest;
        fit->steps++;
        fit->value += value;
        fit->rest += rest;
        fit->value_squares += value * value;
        fit->rest_squares += rest * rest;
        fit->products += value * rest;
    }
}

double value_fit_r2(const ValueFit* fit) {
    const double n = (double)fit->steps;
    const double value = n * fit->value_squares - fit->value * fit->value;
    const double rest = n * fit->rest_squares - fit->rest * fit->rest;
    const double both = n * fit->products - fit->value * fit->rest;
    const double least = 1e-12 * n * n;
    return value > least && rest > least ? both * both / (value * rest) : 0;
}

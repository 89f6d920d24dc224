// Partial optimal transport with entropic regularisation: which goals of two trajectories belong
// together (Benamou et al. 2015, Dykstra's algorithm, as POT's entropic_partial_wasserstein).
#pragma once
#include <stddef.h>

enum { TRANSPORT_ITERATIONS = 100 };

// Room for transport_partial: doubles.
size_t transport_room(size_t rows, size_t columns);
// plan [rows, columns] for the cost [rows, columns], both at least 1, unit masses on either side,
// min(rows, columns) of it moved, regularisation 0.05, at most 100 iterations (fewer when a change
// of less than 1e-100 is left). room [transport_room(rows, columns)].
void transport_partial(size_t rows, size_t columns, const double* cost, double* plan, double* room);

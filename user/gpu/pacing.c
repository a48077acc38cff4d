// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/pacing.h"

/* A look's part in the mean: one that was interrupted is soon forgotten. */
#define MEAN_OF	  8

#define BUDGET_NS (PACING_PASS_NS / 1000000 * PACING_BUDGET_PPM)

void pacing__took(struct pacing *p, uint64_t cpu_ns)
{
	if (!p->look_ns)
		p->look_ns = cpu_ns;
	else
		p->look_ns = (p->look_ns * (MEAN_OF - 1) + cpu_ns) / MEAN_OF;
}

bool pacing__settle(struct pacing *p, size_t devices)
{
	uint32_t passes = p->passes ? p->passes : 1;
	uint64_t all = p->look_ns * devices;

	p->passes = passes;
	while (passes < PACING_PASSES_MAX && all > BUDGET_NS * passes)
		passes++;
	/* Back only where that stays so: a mean at the edge would have it change all the time. */
	while (passes > 1 && all < BUDGET_NS * (passes - 1) / 10 * 8)
		passes--;
	if (passes == p->passes)
		return false;
	p->passes = passes;
	return true;
}

bool pacing__is_due(const struct pacing *p, uint64_t pass, size_t device)
{
	return p->passes <= 1 || !pass || (pass + device) % p->passes == 0;
}

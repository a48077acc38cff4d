// SPDX-License-Identifier: BSD-2-Clause
#include <math.h>

#include "gpu/calibrate.h"

#define TERMS 3
/* Older answers count half when so many tokens of newer ones came. */
#define TOLD_TOKENS_MAX 4000000
/* What any sum of tokens of one request is cut at: products stay below 2^63. */
#define WEIGHT_MAX (UINT64_C(1) << 62)
/* No token takes a second. */
#define PS_MAX 1e12

/* Normal equations of busy = a work.prefill + b work.decode + c work.context. */
struct normal {
	double m[TERMS][TERMS], v[TERMS], yy, y;
	size_t n;
};

static void normal__add(struct normal *s, const struct calibrate_window *w)
{
	double x[TERMS] = { (double)w->work.prefill, (double)w->work.decode,
			    (double)w->work.context },
	       y = (double)w->busy_ns;

	for (int i = 0; i < TERMS; i++) {
		for (int j = 0; j < TERMS; j++)
			s->m[i][j] += x[i] * x[j];
		s->v[i] += x[i] * y;
	}
	s->yy += y * y;
	s->y += y;
	s->n++;
}

/* Gauss, of those terms that are in the set; false: it has no one solution. */
static bool solve(const struct normal *s, unsigned int set, double ret_x[TERMS])
{
	double a[TERMS][TERMS + 1];
	int of[TERMS] = { 0 }, n = 0;

	for (int i = 0; i < TERMS; i++) {
		ret_x[i] = 0;
		if (set & 1u << i)
			of[n++] = i;
	}
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++)
			a[i][j] = s->m[of[i]][of[j]];
		a[i][n] = s->v[of[i]];
	}
	for (int i = 0; i < n; i++) {
		double scale = s->m[of[i]][of[i]];

		if (scale <= 0 || a[i][i] <= scale * 1e-9)
			return false; /* it says nothing that the terms before did not */
		for (int k = i + 1; k < n; k++) {
			double f = a[k][i] / a[i][i];

			for (int j = i; j <= n; j++)
				a[k][j] -= f * a[i][j];
		}
	}
	for (int i = n - 1; i >= 0; i--) {
		double x = a[i][n];

		for (int j = i + 1; j < n; j++)
			x -= a[i][j] * ret_x[of[j]];
		ret_x[of[i]] = x / a[i][i];
	}
	return true;
}

/* What is left of the squares. */
static double left_of(const struct normal *s, const double x[TERMS])
{
	double left = s->yy;

	for (int i = 0; i < TERMS; i++) {
		left -= 2 * x[i] * s->v[i];
		for (int j = 0; j < TERMS; j++)
			left += x[i] * s->m[i][j] * x[j];
	}
	return left > 0 ? left : 0;
}

static uint64_t to_ps(double ns)
{
	double ps = ns * 1000;

	return ps >= PS_MAX ? (uint64_t)PS_MAX : (uint64_t)llround(ps);
}

/* No weight is negative: of all sets of terms the best whose weights are not. */
static void fit(struct calibrate *c)
{
	struct normal s = { .n = 0 };
	double best = INFINITY, best_x[TERMS] = { 0 }, spread;

	for (size_t i = 0; i < c->count; i++)
		normal__add(&s, &c->windows[i]);
	for (unsigned int set = 1; set < 1u << TERMS; set++) {
		double x[TERMS], left;

		if (!solve(&s, set, x) || x[0] < 0 || x[1] < 0 || x[2] < 0)
			continue;
		left = left_of(&s, x);
		if (left < best) {
			best = left;
			for (int i = 0; i < TERMS; i++)
				best_x[i] = x[i];
		}
	}
	spread = s.yy - s.y * s.y / (double)s.n;
	c->is_fitted = spread > 0 && 1 - best / spread >= CALIBRATE_R2_MIN &&
		       (best_x[0] > 0 || best_x[1] > 0);
	c->fitted = (struct gpu_weights){ .prefill = to_ps(best_x[0]),
					  .decode = to_ps(best_x[1]),
					  .context = to_ps(best_x[2]),
					  .from = GPU_WEIGHTS_FITTED };
}

void calibrate__window(struct calibrate *c, const struct gpu_work *work, uint64_t busy_ns)
{
	if (!work->prefill && !work->decode)
		return;
	c->windows[c->at] = (struct calibrate_window){ *work, busy_ns };
	c->at = (c->at + 1) % CALIBRATE_WINDOWS;
	c->count += c->count < CALIBRATE_WINDOWS;
	if (++c->since < CALIBRATE_EVERY || c->count < CALIBRATE_WINDOWS_MIN)
		return;
	c->since = 0;
	fit(c);
}

/* Sums of tokens and their times, in which what is older counts less. */
static void told(uint64_t *sum_ns, uint64_t *sum, uint64_t ns, uint64_t tokens)
{
	if (!tokens || !ns || tokens > TOLD_TOKENS_MAX || ns / tokens > (uint64_t)PS_MAX / 1000)
		return;
	while (*sum > TOLD_TOKENS_MAX) {
		*sum /= 2;
		*sum_ns /= 2;
	}
	*sum_ns += ns;
	*sum += tokens;
}

void calibrate__told(struct calibrate *c, const struct gpu_work *work, uint64_t prefill_ns,
		     uint64_t decode_ns)
{
	told(&c->told_prefill_ns, &c->told_prefill, prefill_ns, work->prefill);
	told(&c->told_decode_ns, &c->told_decode, decode_ns, work->decode);
}

static uint64_t ps_each(uint64_t ns, uint64_t tokens)
{
	return (uint64_t)((unsigned __int128)ns * 1000 / tokens);
}

struct gpu_weights calibrate__weights(const struct calibrate *c)
{
	if (c->told_prefill && c->told_decode)
		return (struct gpu_weights){ .prefill =
						     ps_each(c->told_prefill_ns, c->told_prefill),
					     .decode = ps_each(c->told_decode_ns, c->told_decode),
					     .from = GPU_WEIGHTS_TOLD };
	return c->is_fitted ? c->fitted : GPU_WEIGHTS_GUESSED;
}

uint64_t gpu_work__weight(const struct gpu_work *work, const struct gpu_weights *w)
{
	unsigned __int128 sum = (unsigned __int128)work->prefill * w->prefill +
				(unsigned __int128)work->decode * w->decode +
				(unsigned __int128)work->context * w->context;

	return sum < WEIGHT_MAX ? (uint64_t)sum : WEIGHT_MAX;
}

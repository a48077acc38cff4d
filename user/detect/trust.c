// SPDX-License-Identifier: BSD-2-Clause
/*
 * Trust that has ended: a key in two places, a person's plan in a container, prompts and keys in
 * plain text across a network, figures that can't be true.
 */
#include <stdio.h>

#include "base/hash.h"
#include "detect/detector.h"

/* Keys that are followed. */
#define KEYS_MAX 4096

struct key_state {
	struct fair_item item;
	uint64_t place; /* of who had it first */
	char service[OWNER_TEXT_MAX];
};

struct trust {
	struct detect *d;
	struct fair keys;
};

static int init(void *state, struct detect *d)
{
	struct trust *t = state;

	t->d = d;
	fair__init(&t->keys, KEYS_MAX, sizeof(struct key_state), NULL, NULL);
	return 0;
}

static void fini(void *state)
{
	fair__fini(&((struct trust *)state)->keys);
}

/*
 * Where it runs, by what it can't choose: a workload, an image, a unit, else a user. Copies of one
 * service, and programs of one user, are one place.
 */
static uint64_t place_of(const struct owner *o)
{
	static const uint8_t fields[] = { OWNER_WORKLOAD, OWNER_IMAGE, OWNER_UNIT };
	uint64_t h = hash_bytes(HASH_SEED, o->value[OWNER_NAMESPACE].text,
				strlen(o->value[OWNER_NAMESPACE].text) + 1);

	for (size_t i = 0; i < sizeof(fields); i++) {
		const struct owner_value *v = &o->value[fields[i]];
		/* A session of a login is a unit, too, and another one each time. */
		bool names = v->text[0] && v->trust >= TRUST_PLATFORM &&
			     (fields[i] != OWNER_UNIT ||
			      span__ends(span_str(v->text), SPAN(".service")));

		if (names)
			return hash_bytes(h, v->text, strlen(v->text));
	}
	if (o->container_id[0])
		return hash_bytes(h, o->container_id, strlen(o->container_id));
	return hash_bytes(h, &o->uid, sizeof(o->uid));
}

static void tell(struct trust *t, const struct seen *s, struct finding *f, uint64_t what)
{
	f->calls = 1;
	f->nano_usd = s->nano;
	detect__tell(t->d, s, f, what);
}

static void check_key(struct trust *t, const struct seen *s)
{
	struct span key = span_str(s->e->owner->value[OWNER_KEY].text);
	uint64_t hash = hash_text(key.p, key.n), place = place_of(s->e->owner);
	struct key_state *k = key.n ? fair__get(&t->keys, hash) : NULL;
	struct finding f;

	if (!key.n || !detect__setting(t->d, SET_SHARED_KEY))
		return;
	if (!k) {
		k = fair__make(&t->keys, hash, s->tenant);
		if (k) {
			k->place = place;
			span__copy(span_str(s->e->owner->value[OWNER_SERVICE].text), k->service,
				   sizeof(k->service));
		}
		return;
	}
	if (k->place == place)
		return;
	f = finding_of(FINDING_TRUST_SHARED_KEY, FINDING_NOTICE, s, s->start_ns);
	snprintf(f.what, sizeof(f.what), "%.48s, also of %.60s", (const char *)key.p, k->service);
	tell(t, s, &f, hash_bytes(hash, &place, sizeof(place)));
}

static bool is_private(const uint8_t *addr)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	if (memcmp(addr, mapped, sizeof(mapped)))
		return (addr[0] & 0xfe) == 0xfc || (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80);
	addr += sizeof(mapped);
	/* RFC 1918, RFC 3927, RFC 6598: networks of one's own */
	return addr[0] == 10 || (addr[0] == 172 && (addr[1] & 0xf0) == 16) ||
	       (addr[0] == 192 && addr[1] == 168) || (addr[0] == 169 && addr[1] == 254) ||
	       (addr[0] == 100 && (addr[1] & 0xc0) == 64);
}

static void check_plain(struct trust *t, const struct seen *s)
{
	const struct hop *hop = s->e->hop;
	struct finding f;

	if (s->e->call->x->lib != WIRE_LIB_SOCKET || !hop || !hop->ends_known ||
	    sock_ends__is_loopback(&hop->ends) || is_private((const uint8_t *)hop->ends.peer) ||
	    !detect__setting(t->d, SET_PLAIN_TEXT))
		return;
	f = finding_of(FINDING_TRUST_PLAIN_TEXT, FINDING_WARNING, s, s->start_ns);
	tell(t, s, &f, s->owner);
}

static void on_entry(void *state, const struct seen *s)
{
	const struct entry *e = s->e;
	struct trust *t = state;
	struct finding f;

	check_key(t, s);
	check_plain(t, s);
	if (e->call->subscription && e->owner->container_id[0] &&
	    detect__setting(t->d, SET_PERSONAL_PLAN)) {
		f = finding_of(FINDING_TRUST_PERSONAL_PLAN, FINDING_NOTICE, s, s->start_ns);
		tell(t, s, &f, s->owner);
	}
	if (s->implausible && detect__setting(t->d, SET_IMPLAUSIBLE)) {
		f = finding_of(FINDING_TRUST_IMPLAUSIBLE, FINDING_WARNING, s, s->start_ns);
		tell(t, s, &f, hash_bytes(s->owner, &e->owner->proc, sizeof(e->owner->proc)));
	}
}

const struct detector_ops detector_trust = {
	.name = "trust",
	.state_size = sizeof(struct trust),
	.init = init,
	.fini = fini,
	.on_entry = on_entry,
};

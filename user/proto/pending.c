// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "proto/head.h"
#include "proto/pending.h"
#include "proto/proto.h"

static const struct span nothing = { NULL, 0 };

static void tell(struct pending *p, uint8_t kind, struct span name, struct span bytes)
{
	struct exchange_event ev = { .kind = kind, .x = &p->x, .name = name, .bytes = bytes };

	p->env->emit(p->env->ctx, &ev);
}

static void on_event(void *ctx, struct span name, struct span data)
{
	tell(ctx, EXCHANGE_EV_SSE, name, data);
}

static void on_bytes(void *ctx, struct span bytes)
{
	tell(ctx, EXCHANGE_EV_RESPONSE_BODY, nothing, bytes);
}

static void on_asked(void *ctx, struct span bytes)
{
	struct pending *p = ctx;

	p->x.request_len += bytes.n;
	tell(p, EXCHANGE_EV_REQUEST_BODY, nothing, bytes);
}

/*
 * A message of a request is told like a piece of any other, but whole. It counts as long as it is
 * told, and not as it was compressed: what it can be the tokens of is judged by that.
 */
static void on_asked_message(void *ctx, struct span name, struct span message)
{
	on_asked(ctx, message);
}

static void request_bytes(void *ctx, struct span bytes)
{
	struct pending *p = ctx;

	if (p->asked)
		events__feed(p->asked, bytes);
	else
		on_asked(p, bytes);
}

static void response_bytes(void *ctx, struct span bytes)
{
	struct pending *p = ctx;

	p->x.response_len += bytes.n;
	events__feed(p->events, bytes);
	if (!(p->x.flags & EXCHANGE_STREAMED) && events__found(p->events))
		p->x.flags |= EXCHANGE_STREAMED;
}

/* Leaves of the head what is needed until the exchange's end: thousands of them are open. */
static int head_keep(struct head *h, struct message *m)
{
	struct span *part[] = { &h->method, &h->target, &h->path, &h->host, &h->type };
	size_t count = sizeof(part) / sizeof(part[0]), n = 1;
	uint8_t *p;

	h->headers = NULL;
	h->header_count = 0;
	for (size_t i = 0; i < count; i++)
		n += part[i]->n;
	p = malloc(n);
	if (!p) {
		/* Nothing may point into what goes. */
		*h = (struct head){ .status = h->status, .version = h->version };
		return -ENOMEM;
	}
	m->kept = p;
	m->kept_n = n;
	for (size_t i = 0; i < count; i++) {
		if (part[i]->n)
			memcpy(p, part[i]->p, part[i]->n);
		*part[i] = span_of(part[i]->n ? p : NULL, part[i]->n);
		p += part[i]->n;
	}
	return 0;
}

/* What was dropped, by whomever, while a part of an exchange passed is missing in it. */
struct dropped {
	uint64_t large; /* for its size, or for want of memory */
	uint64_t broken;
};

static inline struct dropped dropped(const struct pending *p)
{
	const uint64_t *n = p->env->drops->n;

	return (struct dropped){ .large = n[DROP_NO_MEMORY] + n[DROP_EVENT_TOO_LARGE],
				 .broken = n[DROP_BAD_EVENT_STREAM] + n[DROP_BAD_RPC] };
}

static inline void mark_dropped(struct pending *p, struct dropped before)
{
	struct dropped now = dropped(p);

	if (now.large == before.large && now.broken == before.broken)
		return;
	if (now.large != before.large)
		p->x.flags |= EXCHANGE_TRUNCATED;
	if (now.broken != before.broken)
		p->x.flags |= EXCHANGE_BROKEN;
}

static void ask_in_messages(struct pending *p)
{
	struct events_to to = {
		.event = on_asked_message, .bytes = on_asked, .ctx = p, .joint = p->env->joint
	};

	p->asked = events__new(p->x.request.type, &to, p->env->drops);
	if (p->asked)
		return;
	drops__add(p->env->drops, DROP_NO_MEMORY, 1);
	p->message[ROLE_REQUEST].mute = true;
	p->x.flags |= EXCHANGE_TRUNCATED;
}

int pending__request(struct pending *p, const struct proto_env *env, const struct chunk *c,
		     const struct head *head)
{
	p->env = env;
	p->x.id = ++*env->last_exchange_id;
	p->x.conn = c->conn;
	p->x.proc = c->proc;
	p->x.cgroup = c->cgroup;
	p->x.lib = c->lib;
	p->x.t_request = c->ts;
	p->x.request = *head;
	if (span__starts(head->type, SPAN("application/grpc")))
		ask_in_messages(p);
	tell(p, EXCHANGE_EV_REQUEST, nothing, nothing);
	return head_keep(&p->x.request, &p->message[ROLE_REQUEST]);
}

/*
 * HTTP's word for a status of gRPC (google/rpc/code.proto): its own is 200 whatever became of the
 * call.
 */
static void rpc_status(struct pending *p, const struct head *head)
{
	static const uint16_t http[] = { 200, 499, 500, 400, 504, 404, 409, 403, 429,
					 400, 409, 400, 501, 500, 503, 500, 401 };
	struct span told = head__get(head, SPAN("grpc-status"));
	uint64_t code;

	if (told.n && !head_length(told, &code))
		p->x.response.status = code < sizeof(http) / sizeof(http[0]) ? http[code] : 500;
}

void pending__trailers(struct pending *p, const struct head *trailers)
{
	rpc_status(p, trailers);
}

int pending__response(struct pending *p, const struct chunk *c, const struct head *head)
{
	struct events_to to = {
		.event = on_event, .bytes = on_bytes, .ctx = p, .joint = p->env->joint
	};
	struct dropped before = dropped(p);

	p->x.response = *head;
	p->x.t_first_byte = c->ts;
	/* A type that was not understood, of HTTP/2, is that of the request: gRPC answers gRPC. */
	p->events = events__new(head->type.n || !p->asked ? head->type : p->x.request.type, &to,
				p->env->drops);
	if (!p->events) {
		drops__add(p->env->drops, DROP_NO_MEMORY, 1);
		p->message[ROLE_RESPONSE].mute = true;
	} else if (events__found(p->events)) {
		p->x.flags |= EXCHANGE_STREAMED;
	}
	mark_dropped(p, before);
	rpc_status(p, head);
	tell(p, EXCHANGE_EV_RESPONSE, nothing, nothing);
	return head_keep(&p->x.response, &p->message[ROLE_RESPONSE]);
}

void pending__coding(struct pending *p, enum role role, struct span coding)
{
	struct message *m = &p->message[role];
	bool known;

	if (coding_is_identity(coding))
		return;
	m->coding = coding__new(coding, &known);
	if (m->coding)
		return;
	m->mute = true;
	drops__add(p->env->drops, known ? DROP_NO_MEMORY : DROP_UNKNOWN_CODING, 1);
	p->x.flags |= EXCHANGE_TRUNCATED;
}

void pending__coding_shown(struct pending *p, enum role role)
{
	p->message[role].unsure = true;
}

static void body(struct pending *p, enum role role, struct span bytes)
{
	coding_emit_fn emit = role == ROLE_REQUEST ? request_bytes : response_bytes;
	struct message *m = &p->message[role];
	int err;

	if (m->mute || !bytes.n)
		return;
	if (!m->coding) {
		emit(p, bytes);
		return;
	}
	err = coding__feed(m->coding, bytes, emit, p);
	if (!err)
		return;
	m->mute = true;
	p->x.flags |= err == -EMSGSIZE ? EXCHANGE_TRUNCATED : EXCHANGE_BROKEN;
	drops__add(p->env->drops, err == -EMSGSIZE ? DROP_BODY_TOO_LARGE : DROP_BAD_CODING, 1);
}

/* What was held back of a body shows its coding, as far as it does. */
static void unsure_end(struct pending *p, enum role role)
{
	struct message *m = &p->message[role];
	struct span first = span_of(m->first, m->first_n);

	m->unsure = false;
	pending__coding(p, role, coding_shown(first));
	body(p, role, first);
}

void pending__body(struct pending *p, enum role role, struct span bytes)
{
	struct dropped before = dropped(p);
	struct message *m = &p->message[role];

	while (m->unsure && bytes.n) {
		m->first[m->first_n++] = *bytes.p;
		bytes = span_of(bytes.p + 1, bytes.n - 1);
		if (m->first_n == CODING_SHOW_MAX)
			unsure_end(p, role);
	}
	body(p, role, bytes);
	mark_dropped(p, before);
}

void pending__gap(struct pending *p, enum role role, uint64_t missing)
{
	struct message *m = &p->message[role];

	p->x.flags |= EXCHANGE_GAP;
	p->x.lost += missing;
	if (pending__is_upgraded(p)) {
		websocket__gap(p->websocket[role], missing ? missing : UINT64_MAX);
		return;
	}
	if (m->unsure)
		unsure_end(p, role);
	if (m->coding)
		m->mute = true; /* no decoder starts in the middle */
	if (role == ROLE_RESPONSE && p->events)
		events__gap(p->events);
	if (role == ROLE_REQUEST && p->asked)
		events__gap(p->asked);
}

void pending__body_end(struct pending *p, enum role role)
{
	struct events *events = role == ROLE_REQUEST ? p->asked : p->events;
	struct dropped before = dropped(p);

	if (p->message[role].unsure)
		unsure_end(p, role);
	if (events)
		events__end(events);
	if (role == ROLE_RESPONSE && events && events__found(events))
		p->x.flags |= EXCHANGE_STREAMED;
	mark_dropped(p, before);
	p->x.flags |= role == ROLE_REQUEST ? EXCHANGE_REQUEST_DONE : EXCHANGE_RESPONSE_DONE;
}

size_t pending__held(const struct pending *p)
{
	size_t n = PROTO_EXCHANGE_BYTES;

	/* Asked with each piece that passes: nearly all have neither coding nor WebSocket. */
	for (int role = 0; role < ROLES; role++) {
		n += p->message[role].kept_n;
		if (p->message[role].coding)
			n += coding__held(p->message[role].coding);
		if (p->websocket[role])
			n += websocket__held(p->websocket[role]);
	}
	if (p->asked)
		n += events__held(p->asked);
	if (p->events)
		n += events__held(p->events);
	return n;
}

void pending__end(struct pending *p, uint32_t flags)
{
	p->x.flags |= flags;
	tell(p, EXCHANGE_EV_END, nothing, nothing);
	for (int role = 0; role < ROLES; role++) {
		free(p->message[role].kept);
		coding__free(p->message[role].coding);
		websocket__free(p->websocket[role]);
	}
	events__free(p->asked);
	events__free(p->events);
}

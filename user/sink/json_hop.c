// SPDX-License-Identifier: BSD-2-Clause
/* Which leg of its way the call is, where it is not simply its caller's own. */
#include "base/text.h"
#include "sink/json_writer.h"

static void set_end(struct json_writer *w, json_t *h, const char *key, const __u64 addr[2],
		    uint16_t port)
{
	json_t *end = json_child(w, h, key);
	char address[64];

	text_address((const uint8_t *)addr, address, sizeof(address));
	json_set_str(w, end, "address", address);
	json_set_int(w, end, "port", port);
}

void json_hop(struct json_writer *w, json_t *t, const struct hop *hop, const struct owner *via)
{
	static const char *const roles[] = {
		[HOP_CLIENT] = "client", [HOP_SERVER] = "server", [HOP_GATEWAY] = "gateway"
	};
	static const char *const charges[] = { [CHARGE_ROLE_CHARGED] = "charged",
					       [CHARGE_ROLE_PASSED_THROUGH] = "passed_through",
					       [CHARGE_ROLE_UNKNOWN] = "unknown" };
	json_t *h, *process;

	if (!hop || hop->role == HOP_CLIENT)
		return;
	json_set_str(w, t, "charge_role", charges[hop->charge]);
	h = json_child(w, t, "hop");
	json_set_str(w, h, "role", roles[hop->role]);
	process = json_child(w, h, "process");
	json_set_int(w, process, "pid", hop->via.tgid);
	if (via)
		json_set_str(w, process, "service", via->value[OWNER_SERVICE].text);
	if (!hop->ends_known)
		return;
	set_end(w, h, "local", hop->ends.local, hop->ends.local_port);
	set_end(w, h, "peer", hop->ends.peer, hop->ends.peer_port);
}

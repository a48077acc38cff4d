# SPDX-License-Identifier: BSD-2-Clause
"""What OCSF 1.8.0 asks of the classes and objects that wiretally fills (github.com/ocsf/ocsf-schema).

An attribute is (type, required); a type is one of OCSF's, [type] for an array, or a set: the values of an
enum. What is not in here is no attribute that wiretally should send: it is a breach, too.
"""

TEXT, INT, LONG, TIME, BOOL, HOST, JSON = "string_t", "integer_t", "long_t", "timestamp_t", "boolean_t", \
    "hostname_t", "json_t"

BASE = {
    "time": (TIME, True), "message": (TEXT, False), "metadata": ("metadata", True),
    "category_uid": (INT, True), "class_uid": (INT, True), "activity_id": (INT, True),
    "type_uid": (LONG, True), "severity_id": ({0, 1, 2, 3, 4, 5, 6, 99}, True), "status": (TEXT, False),
    "status_code": (TEXT, False), "status_detail": (TEXT, False), "status_id": ({0, 1, 2, 99}, False),
    "unmapped": (JSON, False),
}

CLASSES = {
    6003: BASE | {
        "category_uid": ({6}, True), "activity_id": ({0, 1, 2, 3, 4, 99}, True), "actor": ("actor", True),
        "api": ("api", True), "src_endpoint": ("network_endpoint", True),
        "dst_endpoint": ("network_endpoint", False), "http_request": ("http_request", False),
        "http_response": ("http_response", False),
        "ai_model": ("ai_model", False), "message_context": ("message_context", False)},  # ai_operation
    2004: BASE | {
        "category_uid": ({2}, True), "activity_id": ({0, 1, 2, 3, 99}, True),
        "status_id": ({0, 1, 2, 3, 4, 5, 6, 99}, False), "finding_info": ("finding_info", True),
        "evidences": (["evidences"], False), "is_alert": (BOOL, False)},
    7001: BASE | {
        "category_uid": ({7}, True), "activity_id": ({0, 1, 2, 3, 4, 5, 99}, True),
        "status_id": ({0, 1, 2, 3, 4, 5, 6, 99}, False), "command_uid": (TEXT, True),
        "remediation": ("remediation", False)},
}

OBJECTS = {
    "metadata": {"version": (TEXT, True), "product": ("product", True), "uid": (TEXT, False),
                 "log_name": (TEXT, False), "original_time": (TEXT, False), "profiles": ([TEXT], False)},
    "product": {"name": (TEXT, False), "vendor_name": (TEXT, False), "version": (TEXT, False)},
    "actor": {"process": ("process", False), "app_name": (TEXT, False)},
    "process": {"pid": (INT, False), "uid": (TEXT, False), "name": (TEXT, False), "path": (TEXT, False),
                "parent_process": ("process", False), "user": ("user", False),
                "container": ("container", False)},  # by the profile container
    "user": {"uid": (TEXT, False), "name": (TEXT, False)},
    "container": {"uid": (TEXT, False), "name": (TEXT, False), "runtime": (TEXT, False),
                  "orchestrator": (TEXT, False)},
    "api": {"operation": (TEXT, True), "request": ("request", False), "response": ("response", False),
            "service": ("service", False)},
    "request": {"uid": (TEXT, True)},
    "response": {"code": (INT, False)},
    "service": {"name": (TEXT, False), "uid": (TEXT, False)},
    "network_endpoint": {"hostname": (HOST, False), "name": (TEXT, False)},
    "http_request": {"http_method": (TEXT, False), "url": ("url", False)},
    "http_response": {"code": (INT, True), "latency": (INT, False)},
    "url": {"path": (TEXT, False), "hostname": (HOST, False)},
    "ai_model": {"ai_provider": (TEXT, True), "name": (TEXT, True)},
    "message_context": {"service": ("service", False), "prompt_tokens": (INT, False),
                        "completion_tokens": (INT, False), "total_tokens": (INT, False)},
    "finding_info": {"uid": (TEXT, True), "title": (TEXT, False), "desc": (TEXT, False),
                     "types": ([TEXT], False), "created_time": (TIME, False),
                     "first_seen_time": (TIME, False), "last_seen_time": (TIME, False),
                     "analytic": ("analytic", False)},
    "remediation": {"desc": (TEXT, True)},
    "analytic": {"name": (TEXT, False), "type_id": ({*range(12), 99}, True)},
    "evidences": {"actor": ("actor", False), "src_endpoint": ("network_endpoint", False),
                  "data": (JSON, False)},
}

# The constraint at_least_one, as far as these attributes go.
ONE_OF = {
    "product": ("name",), "actor": ("process", "app_name"), "process": ("pid", "uid"),
    "user": ("uid", "name"), "container": ("uid", "name"), "service": ("name", "uid"),
    "network_endpoint": ("hostname", "name"), "url": ("path",), "message_context": ("service",),
    "analytic": ("name",), "evidences": ("actor", "src_endpoint", "data"),
}


def value_breach(kind, value, at):
    """What is wrong with a value of that type; "": nothing."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(kind, list):
        if not isinstance(value, list):
            return f"{at}: no array"
        return next(filter(None, (value_breach(kind[0], v, f"{at}[{i}]") for i, v in enumerate(value))), "")
    if isinstance(kind, set):
        return "" if whole and value in kind else f"{at}: {value!r} is not in the enum"
    if kind in OBJECTS:
        return object_breach(OBJECTS[kind], value, at) or one_of_breach(kind, value, at)
    good = {TEXT: isinstance(value, str), BOOL: isinstance(value, bool), JSON: True,
            HOST: isinstance(value, str) and 0 < len(value) <= 253 and all(
                part and part[0].isalnum() and part.replace("-", "a").isalnum() and part.isascii()
                for part in value.rstrip(".").split(".")),
            INT: whole and -2**31 <= value < 2**31, LONG: whole and -2**63 <= value < 2**63,
            # A timestamp is in milliseconds: one in seconds, or in nanoseconds, is decades off.
            TIME: whole and (value == 0 or 10**12 <= value < 10**13)}[kind]
    return "" if good else f"{at}: {value!r} is no {kind}"


def one_of_breach(name, value, at):
    wanted = ONE_OF.get(name)
    return "" if not wanted or any(k in value for k in wanted) else f"{at}: has none of {wanted}"


def object_breach(attributes, value, at):
    if not isinstance(value, dict):
        return f"{at}: no object"
    for name, (kind, required) in attributes.items():
        if name in value:
            if why := value_breach(kind, value[name], f"{at}.{name}"):
                return why
        elif required:
            return f"{at}.{name} is not there"
    unknown = set(value) - set(attributes)
    return f"{at}: {sorted(unknown)} is no attribute" if unknown else ""


def breach(row):
    """What is wrong with an event; "": it is by the schema."""
    uid = row.get("class_uid")
    if uid not in CLASSES:
        return f"class_uid {uid}"
    if row.get("type_uid") != uid * 100 + row.get("activity_id", 0):
        return f"type_uid {row.get('type_uid')} of class {uid}, activity {row.get('activity_id')}"
    if row["metadata"].get("version") != "1.8.0":
        return f"version {row['metadata'].get('version')}"
    profiles, actor = row["metadata"].get("profiles", []), row.get("actor", {})
    if ("ai_model" in row or "message_context" in row) and "ai_operation" not in profiles:
        return "ai_model without the profile ai_operation"
    if "container" in actor.get("process", {}) and "container" not in profiles:
        return "a container without its profile"
    return object_breach(CLASSES[uid], row, "event")

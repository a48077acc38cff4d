#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What watch saw of a real GPU against what the loads did: compare.py WINDOWS TRUTH."""
import json
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def overlap(window, load):
    both = min(window["end_s"], load["end_s"]) - max(window["start_s"], load["begin_s"])
    return max(0.0, both)


def main():
    windows, loads = lines(sys.argv[1]), lines(sys.argv[2])
    gaps = sum(a["end_s"] != b["start_s"] for a, b in zip(windows, windows[1:])
               if a["device"] == b["device"])
    print(f"{len(windows)} windows, {gaps} that do not follow the one before")
    print("busy by", sorted({w.get("metric", "nothing") for w in windows}),
          "losses", sorted({l for w in windows for l in w["losses"]}))
    for load in loads:
        inside = [w for w in windows if overlap(w, load) > 0.99 * (w["end_s"] - w["start_s"])]
        if not inside:
            continue
        span = sum(w["end_s"] - w["start_s"] for w in inside)
        busy = sum(w.get("busy_s", 0) for w in inside) / span
        shares = [p for w in inside for p in w["processes"] if p["pid"] == load["pid"]]
        share = sum(p.get("busy_s", 0) for p in shares) / span
        spun = load["spun_s"] / (load["end_s"] - load["begin_s"])
        sm = [w["sm_ppm"] / 1e6 for w in inside if "sm_ppm" in w]
        joules = sum(w.get("energy_j", 0) for w in inside) / span
        print(f"pid {load['pid']}: spun {spun:.3f} of the time, device busy {busy:.3f}, "
              f"its share {share:.3f}, SM activity {sum(sm) / len(sm) if sm else -1:.4f}, "
              f"{joules:.0f} W, memory {max((p.get('memory', 0) for p in shares), default=0) >> 20} MiB")


if __name__ == "__main__":
    main()

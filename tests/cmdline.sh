#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the command line says: help, mistakes, exit statuses. tests/cmdline.sh WIRETALLY
set -u
bin=$1
passed=0 failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# expect NAME STATUS PATTERN COMMAND...: the status, and the pattern in what it says.
expect() {
	name=$1 status=$2 pattern=$3
	shift 3
	got=0
	said=$("$@" 2>&1) || got=$?
	if [ "$got" = "$status" ] && echo "$said" | grep -qE "$pattern"; then
		passed=$((passed + 1))
	else
		echo "FAIL $name: status $got, expected $status; it said: $said"
		failed=$((failed + 1))
	fi
}

expect "help" 0 "wiretally trace +a line for each" "$bin" --help
expect "version" 0 "^wiretally [0-9]" "$bin" --version
expect "no command" 2 "wiretally trace" "$bin"
expect "an unknown command" 2 "there is no command 'tarce'" "$bin" tarce
for command in trace exec replay prices; do
	expect "$command --help" 0 "Usage: wiretally $command" "$bin" "$command" --help
done
expect "an unknown option" 2 "unrecognized option" "$bin" trace --jsno
expect "a negative time" 2 "give seconds" "$bin" trace --look-again -5
expect "an odd ring" 2 "give a power of two" "$bin" trace --ring-bytes 5000
expect "a port that is none" 2 "give up to 32 ports" "$bin" trace --model-ports 8000,http
expect "trace with a command" 2 "use 'wiretally exec" "$bin" trace curl
expect "exec without one" 2 "which command" "$bin" exec
expect "a report by nothing known" 2 "give one of model provider service" "$bin" report --by colour
expect "a report of nothing known" 2 "give one of model provider service" "$bin" report --where colour=red
expect "a report in an unknown format" 2 "give table, csv, json or focus" "$bin" report --format xml
expect "top by nothing known" 2 "by colour: give one of service feature model" "$bin" top --by colour
expect "top of no window" 2 "give one of 1m 10m 1h today" "$bin" top --window 2m
expect "top by no column" 2 "give one of name rate total" "$bin" top --sort cost
expect "top of no ledger" 1 "is there a ledger" "$bin" top --once --ledger "$dir/nope.db"
expect "a run that is no id" 2 "give the id of a run" "$bin" run-tree xyz
expect "a detector that is none" 2 "is no detector" "$bin" replay --detect runawy.depth=3
expect "a setting that is none" 2 "is nothing that this detector goes by" "$bin" replay --detect runaway.dpeth=3
expect "replay of nothing" 2 "give FILE, or FILE and a trace of GPUs" "$bin" replay
expect "replay of what is not there" 1 "nope.req: No such file" "$bin" replay nope.req nope.resp
expect "replay of no folder" 1 "nope: No such file" "$bin" replay --pairs nope
printf 'provider\tmodel\tmatch\tinput\nopenai\tgpt-x\t=gpt-x\tcheap\n' >"$dir/prices"
expect "a catalogue with a mistake" 1 "prices:2: a price is a decimal number" \
	"$bin" replay --prices "$dir/prices" --pairs "$dir"
cat >"$dir/good.yaml" <<'EOF'
ring-bytes: 8388608
price-overrides:
  - model: gpt-4o*
    input: 1.9
    output: 7.6
EOF
expect "a good configuration" 0 "fine: 1 settings, 1 prices of your own, 0 rules" "$bin" check-config "$dir/good.yaml"
cat >"$dir/detect.yaml" <<'EOF'
detect:
  runaway:
    depth: 3
    usd-per-minute: dear
  runawy: off
EOF
expect "a detector with mistakes" 1 "detect.yaml:4: 'usd-per-minute' give dollars" "$bin" check-config "$dir/detect.yaml"
expect "a detector that is not there" 1 "detect.yaml:5: 'runawy' is no detector" "$bin" check-config "$dir/detect.yaml"
cat >"$dir/sinks.yaml" <<'EOF'
sinks:
  - to: file:/var/log/wiretally/calls.ndjson
    max-size: much
  - to: smoke://signals
  - name: nowhere
  - {to: stdout, name: "file:/var/log/wiretally/calls.ndjson"}
EOF
for mistake in "3: 'sinks' max-size=much: give bytes" "4: 'sinks' give stdout, file:/PATH" \
	"5: 'sinks' has one without 'to: URL'" "6: 'sinks' two sinks are named"; do
	expect "a sink: $mistake" 1 "sinks.yaml:$mistake" "$bin" check-config "$dir/sinks.yaml"
done
printf 'sinks:\n  - {to: stdout, events: "calls,findings"}\n' >"$dir/sink.yaml"
expect "a sink in the configuration" 0 "0 rules, 1 sinks" "$bin" check-config "$dir/sink.yaml"
expect "a sink that is none" 2 "give stdout, file:/PATH" "$bin" run --sink smoke://signals
cat >"$dir/budgets.yaml" <<'EOF'
budgets:
  - {limit: 5 USD, per: day, each: user}
  - limit: 5 EUR
    per: day
  - {limit: 1 USD, per: day, each: shoe}
  - {limit: 1 USD, pre: day}
  - {limit: 1 USD, per: day, when: {user: a, team: b, model: c, api: d}}
EOF
for mistake in "3: a limit is an amount" "5: 'shoe' is nothing that a budget" "6: 'pre' is nothing that a budget has" \
	"7: 'api' is a condition more"; do
	expect "a budget with a mistake" 1 "budgets.yaml:$mistake" "$bin" check-config "$dir/budgets.yaml"
done
cat >"$dir/actions.yaml" <<'EOF'
actions:
  enforce: perhaps
  at-most: 0
  rules:
    - {on: "runaway.*", do: scold}
    - {on: "runawy.*", do: cut}
    - {on: "runaway.*"}
    - {on: "runaway.*", do: cut, for: ever}
    - {on: "runaway.*", do: hook}
    - {on: "runaway.*", do: hook, run: page}
    - {on: "runaway.*", do: hook, run: /bin/page, timeout: 1h}
    - {on: "runaway.*", do: cut, run: /bin/page}
  rool: 1
EOF
for mistake in "2: 'enforce' is true or false" "3: 'at-most' is a number" "5: 'do' is tell, hook, throttle, gate, cut, freeze" \
	"6: no detector finds that" "7: such a rule needs what is to be done" "8: 'for' is a time" \
	"9: a hook needs a program" "10: 'run' is an absolute path" "11: 'timeout' is ten minutes at most" \
	"12: what is to be run is for" "13: 'rool' is nothing that actions have"; do
	expect "actions: $mistake" 1 "actions.yaml:$mistake" "$bin" check-config "$dir/actions.yaml"
done
expect "an order to nobody" 2 "which process" "$bin" cut
expect "an order to who is not there" 1 "there is no process 99999999" "$bin" freeze 99999999
expect "an order for a time that is none" 2 "is a time: 90s" "$bin" cut $$ --for ever
expect "an order to no daemon" 1 "no daemon listens there" "$bin" cut $$ --control "$dir/nobody"
expect "no budget" 2 "there is none" "$bin" budget -c "$dir/good.yaml"
expect "a time zone that is none" 2 "there is no such time zone" "$bin" budget --time-zone Europe/Berlim
pair=tests/golden/pairs/openai_chat
expect "a price of one's own" 0 '"kind":"contract","price":\{"id":"openai/gpt-4o\*"' \
	"$bin" replay --config "$dir/good.yaml" $pair.req $pair.resp
expect "a price on the command line" 0 '"usd":"0.001229"' \
	"$bin" replay -c "$dir/good.yaml" --price 'model=gpt-4o*,input=1,output=1' $pair.req $pair.resp
expect "a discount on the command line" 0 '"total":1587375},"kind":"contract"' \
	"$bin" replay --price 'model=*,discount=15%' $pair.req $pair.resp
expect "a price that is none" 1 "price:2: a price is a decimal number" \
	"$bin" replay --price 'model=x,input=dear' $pair.req $pair.resp
expect "a price of what has none" 2 "give model=NAME" \
	"$bin" replay --price 'model=x,inptu=1' $pair.req $pair.resp
expect "prices without a word" 2 "give list, show, import, check or rerate" "$bin" prices
expect "prices: a list" 0 "^openai +gpt-4o-mini +input 0.15, cache_read 0.075, output 0.6" \
	"$bin" prices list openai/gpt-4o-mini
expect "prices: a model" 0 'why +`=gpt-4o` is its whole name; line [0-9]+ of the list' \
	"$bin" prices show openai/gpt-4o
expect "prices: a model by its beginning" 0 '`.claude-opus-4-8` begins its name' \
	"$bin" prices show claude-opus-4-8-20990101
expect "prices: a model that is none" 1 "has no price" "$bin" prices show nobodys
own="--own-prices $dir/own.tsv"
cat >"$dir/list.json" <<'EOF'
{"gpt-4o-2024-08-06": {"litellm_provider": "openai", "input_cost_per_token": 2.4e-06, "output_cost_per_token": 1e-05},
 "gpt-77": {"litellm_provider": "openai", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}
EOF
expect "prices: a foreign list" 0 "changed openai/gpt-4o-2024-08-06: input 2.5 -> 2.4" \
	"$bin" prices import $own "$dir/list.json"
expect "prices: nothing is written unasked" 0 "1 new, 1 changed, 0 as they are" \
	"$bin" prices import $own "$dir/list.json"
expect "prices: it is written" 0 "written to" "$bin" prices import $own --yes "$dir/list.json"
expect "prices: what was written" 0 "0 new, 0 changed, 2 as they are" \
	"$bin" prices import $own "$dir/list.json"
expect "prices: a new price holds from now on" 0 '"usd":"0.0018675"' \
	"$bin" replay $own $pair.req $pair.resp
expect "prices: which is told" 0 "now +input 2.4, cache_read 1.25, output 10, .*since 20" \
	"$bin" prices show $own openai/gpt-4o-2024-08-06
: >"$dir/empty.yaml"
for told in "fine: 2 prices, version" "no ledger at $dir/no.db"; do
	expect "prices: the lists are fine, $told" 1 "$told" "$bin" prices check $own \
		-c "$dir/empty.yaml" --ledger "$dir/no.db" --price model=x,input=1
done
printf '{"gpt-\\u001b[2J7": {"litellm_provider": "a\\u001b[1m", "input_cost_per_token": 1e-06}}' >"$dir/steers.json"
expect "prices: no terminal obeys a list" 0 'new +a\?\[1m/gpt-\?\[2J7:' \
	"$bin" prices import $own "$dir/steers.json"
printf '{"a": {"litellm_provider": "x", "input_cost_per_token": 1e' >"$dir/cut.json"
expect "prices: a list that is cut" 1 "cut.json:1: byte [0-9]+: it ends in the middle" \
	"$bin" prices import $own "$dir/cut.json"
printf '{"a": {"litellm_provider": "x",,' >"$dir/broken.json"
expect "prices: a list that is broken" 1 "broken.json:1: byte 32: this is no JSON" \
	"$bin" prices import $own "$dir/broken.json"
expect "prices: no list at all" 1 "neither LiteLLM's" "$bin" prices import $own "$dir/good.yaml"
expect "prices: a catalogue with a mistake" 1 "prices:2: a price is a decimal" \
	"$bin" prices check "$dir/prices"
expect "prices: no ledger to price again" 1 "unable to open" "$bin" prices rerate --ledger "$dir/nope.db"
cat >"$dir/bad.yaml" <<'EOF'
ledgr: /x
ring-bytes: 5000
perf-uprobes: maybe
ring-bytes: 4096
ledger: [a]
price-overrides:
  - input: 3
  - model: x
    inptu: 3
nonsense: 1
EOF
for mistake in "bad.yaml:1: .*did you mean 'ledger'" "bad.yaml:2: .*power of two" \
	"bad.yaml:3: .*give true or false" "bad.yaml:4: .*set twice" "bad.yaml:5: .*one value" \
	"bad.yaml:7: .*needs a model" "bad.yaml:9: 'inptu' is nothing" "bad.yaml:10: there is no"; do
	expect "a configuration: $mistake" 1 "$mistake" "$bin" check-config "$dir/bad.yaml"
done
expect "a command with that configuration" 1 "did you mean 'ledger'" \
	"$bin" replay -c "$dir/bad.yaml" $pair.req $pair.resp
cat >"$dir/rules.yaml" <<'EOF'
rules:
  - set: feature
    to: counting
    when: {api: chat.completions, model: gpt-4o*}
  - {set: team, from: header.x-sim-test}
EOF
expect "rules" 0 "fine: 0 settings, 0 prices of your own, 2 rules" "$bin" check-config "$dir/rules.yaml"
expect "a rule that fits" 0 '"owner":\{"feature":"counting"' \
	"$bin" replay -c "$dir/rules.yaml" $pair.req $pair.resp
cat >"$dir/bad_rules.yaml" <<'EOF'
rules:
  - set: colour
    to: red
  - set: team
  - set: team
    to: a
    when: {podd: x}
  - set: team
    too: a
  - set: team
    to: a
    when: x
  - a word
  - {set: team, to: a, when: {header.Authorization: "*"}}
  - {set: user, from: header.x-goog-api-key}
EOF
for mistake in "bad_rules.yaml:2: 'colour' can't be set" "bad_rules.yaml:4: .*one of 'to' and 'from'" \
	"bad_rules.yaml:5: 'podd' is nothing" "bad_rules.yaml:9: 'too' is nothing that a rule has" \
	"bad_rules.yaml:12: 'when' is a mapping" "bad_rules.yaml:13: a rule is a mapping" \
	"bad_rules.yaml:14: 'header.Authorization' is a secret" \
	"bad_rules.yaml:15: 'header.x-goog-api-key' is a secret"; do
	expect "a rule: $mistake" 1 "$mistake" "$bin" check-config "$dir/bad_rules.yaml"
done
expect "a bill of nothing" 2 "give a FILE: OpenAI usage" "$bin" reconcile
expect "a bill by nothing known" 2 "by colour: give some of day provider model" "$bin" reconcile --by colour x
expect "a bill's names" 2 "give BILL=LEDGER" "$bin" reconcile --same key_abc x
expect "a call to explain" 2 "give --explain CALL" "$bin" tags
expect "a call that is none" 2 "give --explain CALL" "$bin" tags --explain "x' OR 1"
{
	echo rules:
	seq -f '  - {set: team, from: header.x-%g}' 33
} >"$dir/many.yaml"
expect "more headers than rules can look at" 1 "many.yaml:34: .*more than 32 headers" \
	"$bin" check-config "$dir/many.yaml"
printf 'a: [1\nb: 2' >"$dir/no.yaml"
expect "no YAML" 1 "no.yaml:2: did not find" "$bin" check-config "$dir/no.yaml"
expect "a configuration that is not there" 1 "nope: No such file" "$bin" check-config nope
expect "an empty configuration" 0 "fine: 0 settings" "$bin" check-config "$dir/empty.yaml"
expect "a full disk" 1 "can't write to standard output: No space left" \
	sh -c "$bin replay --pairs tests/golden/pairs >/dev/full"
if [ "$(id -u)" = 0 ]; then
	expect "not root" 1 "run it with sudo" setpriv --reuid 65534 --clear-groups \
		sh -c "cp $bin $dir/w 2>/dev/null; $bin trace"
else
	expect "not root" 1 "run it with sudo" "$bin" trace
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

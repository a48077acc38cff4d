# SPDX-License-Identifier: BSD-2-Clause
# wiretally. `make help` lists what can be made; everything built goes under $(BUILD).

BUILD ?= build
CC := gcc
CLANG := clang
# Ubuntu's /usr/sbin/bpftool runs only the one of the running kernel: any will do here.
BPFTOOL := $(firstword $(wildcard /usr/lib/linux-tools-*/bpftool /usr/sbin/bpftool /usr/bin/bpftool) \
	bpftool)
VERSION := 0.1.0

ARCH := $(shell uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wformat=2 -Wvla -Wno-unused-parameter -Wno-missing-field-initializers -Werror
CPPFLAGS := -Iinclude -Iuser -D_GNU_SOURCE -DWIRETALLY_VERSION='"$(VERSION)"'
CFLAGS := -std=gnu11 -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE $(WARN)
LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
# What the pure stages need, and what the rest does.
PURE_LIBS := -lbrotlidec -lcapstone -ljansson -lm -lnghttp2 -lsodium -lsqlite3 -lz -lzstd
HOST_LIBS := -lbpf -lncursesw -ltinfo -lseccomp -lyaml -lpthread

# Finders of TLS functions in files, readers of runtimes' state, what the two processes say to each
# other: they need no kernel either, though they belong to the capture.
FINDER_SRC := $(wildcard user/capture/*_plan.c user/capture/code*.c user/capture/gopclntab.c \
	user/capture/image.c user/capture/returns.c user/capture/state.c user/capture/podman_db.c \
	user/capture/bolt.c user/capture/symbols.c user/capture/reasons.c user/capture/eh_frame.c \
	user/capture/memory.c user/capture/message.c)

# The stages that need neither kernel nor root: the part that unit tests and fuzzers link.
PURE_SRC := $(sort $(wildcard user/base/*.c user/stream/*.c user/flow/*.c user/proto/*.c user/provider/*.c \
	user/hop/*.c user/price/*.c user/attribute/*.c user/ledger/*.c user/sink/*.c \
	user/record/*.c user/run/*.c user/act/*.c user/detect/*.c user/flight/*.c \
	user/top/*.c user/gpu/*.c user/reconcile/*.c user/audit/*.c) user/pipeline.c user/pipeline_gpu.c \
	user/pipeline_hold.c user/pipeline_record.c $(FINDER_SRC))
PURE_ASM := $(wildcard user/price/*.S user/gpu/*.S)
HOST_SRC := $(wildcard user/*.c user/capture/*.c user/cmd/*.c)
# `make ENFORCE=0`: a program that has no code to stop anybody.
ENFORCE ?= 1
ENFORCE_SRC := $(addprefix user/capture/,enforce.c verbs.c whom.c cutting.c release.c halt.c)
HOST_SRC := $(filter-out $(PURE_SRC) $(if $(filter 0,$(ENFORCE)),$(ENFORCE_SRC), \
	user/capture/enforce_off.c),$(HOST_SRC))
# libcuda's probes are loaded by who reads GPUs, not by who captures: an object of their own.
BPF_CUDA := bpf/cuda.bpf.c
BPF_SRC := $(filter-out $(BPF_CUDA),$(wildcard bpf/*.bpf.c))
UNIT_SRC := $(wildcard tests/unit/*_test.c)
FUZZ_SRC := $(wildcard tests/fuzz/*_fuzz.c)

PURE_OBJ := $(PURE_SRC:%.c=$(BUILD)/obj/%.o) $(PURE_ASM:%.S=$(BUILD)/obj/%.o)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/obj/%.o)
SKEL := $(BUILD)/bpf/wiretally.skel.h $(BUILD)/bpf/cuda.skel.h

# `make V=1` shows the commands.
ifeq ($(V),1)
say =
Q :=
else
say = @echo "  $(1) $@"
Q := @
endif

.PHONY: all
all: $(BUILD)/wiretally ## build $(BUILD)/wiretally; with ENFORCE=0 one that can stop nobody

# Which of both was built last.
BUILT_WITH := $(BUILD)/enforce-$(ENFORCE)
$(BUILT_WITH):
	@mkdir -p $(@D); rm -f $(BUILD)/enforce-*; touch $@

$(BUILD)/wiretally: $(HOST_OBJ) $(PURE_OBJ) $(BUILT_WITH)
	$(call say,LD )
	$(Q)$(CC) $(LDFLAGS) -o $@ $(HOST_OBJ) $(PURE_OBJ) $(PURE_LIBS) $(HOST_LIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC )
	$(Q)$(CC) $(CPPFLAGS) -I$(BUILD)/bpf $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/user/price/catalogue_data.o: user/price/catalogue.tsv
$(BUILD)/obj/user/gpu/gpu_prices_data.o: user/gpu/gpu_prices.tsv

# Only the privileged side includes the skeleton.
$(filter $(BUILD)/obj/user/capture/%,$(HOST_OBJ)): | $(SKEL)

# ---- BPF: one object per probe family, joined into one skeleton ------------------------------

BPF_OBJ := $(BPF_SRC:%.c=$(BUILD)/%.o)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(BUILT_WITH)
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) -target bpf -D__TARGET_ARCH_$(ARCH) -O2 -g -mcpu=v2 -Wall -Wextra -Werror \
		-Wno-unused-parameter -DWT_ENFORCE=$(ENFORCE) -Iinclude -Ibpf -idirafter /usr/include/$(MULTIARCH) \
		-MMD -MP -c -o $@ $<

$(BUILD)/bpf/wiretally.o: $(BPF_OBJ)
	$(Q)$(BPFTOOL) gen object $@ $^ >/dev/null

$(BUILD)/bpf/wiretally.skel.h: $(BUILD)/bpf/wiretally.o
	$(Q)$(BPFTOOL) gen skeleton $< name wiretally_bpf >$@.tmp && mv $@.tmp $@

$(BUILD)/bpf/cuda.skel.h: $(BPF_CUDA:%.c=$(BUILD)/%.o)
	$(Q)$(BPFTOOL) gen object $(@D)/cuda.o $< >/dev/null
	$(Q)$(BPFTOOL) gen skeleton $(@D)/cuda.o name cuda_bpf >$@.tmp && mv $@.tmp $@

# ---- Tests -----------------------------------------------------------------------------------

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SAN_CFLAGS := -std=gnu11 -O1 -g $(SAN) $(WARN)
SAN_OBJ := $(PURE_SRC:%.c=$(BUILD)/san/%.o) $(PURE_ASM:%.S=$(BUILD)/san/%.o)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(BUILD)/unit/%)

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(call say,SAN)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(SAN_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/san/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/san/user/price/catalogue_data.o: user/price/catalogue.tsv
$(BUILD)/san/user/gpu/gpu_prices_data.o: user/gpu/gpu_prices.tsv

$(BUILD)/san/libpure.a: $(SAN_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/unit/%: $(BUILD)/san/tests/unit/%.o $(BUILD)/san/libpure.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(SAN) -o $@ $^ $(PURE_LIBS) -lbrotlienc

# Stand-ins for vendors' libraries, by their real names: one of a driver of today, one of an old one.
STANDIN := $(BUILD)/standin/libnvidia-ml.so.1 $(BUILD)/standin/old/libnvidia-ml.so.1
STANDIN_SRC := $(wildcard tests/standin/*.c) user/gpu/reading.c user/base/percent.c \
	user/base/span.c

$(BUILD)/standin/old/%: CPPFLAGS += -DSTANDIN_OLD
$(STANDIN): $(STANDIN_SRC) $(wildcard user/gpu/*.def user/gpu/*.h tests/standin/*.h)
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(CPPFLAGS) -Itests/standin -std=gnu11 -O2 -g -fPIC -shared -Wl,-Bsymbolic \
		-Wl,-soname,$(@F) $(WARN) -o $@ $(STANDIN_SRC)

$(filter $(BUILD)/unit/gpu_%,$(UNIT_BIN)): | $(STANDIN)

# The same for libcuda.so.1, with a load on it. Probes are set in it: its functions stay whole.
STANDIN_CUDA := $(BUILD)/standin/libcuda.so.1 $(BUILD)/standin/old/libcuda.so.1
STANDIN_CUDA_SRC := tests/standin/cuda/libcuda.c tests/standin/trace.c user/gpu/reading.c \
	user/base/percent.c user/base/span.c

$(STANDIN_CUDA): $(STANDIN_CUDA_SRC) $(wildcard user/gpu/*.def user/gpu/*.h tests/standin/*.h \
	tests/standin/cuda/*)
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(CPPFLAGS) -Itests/standin -std=gnu11 -O2 -g -fPIC -shared -Wl,-Bsymbolic \
		-Wl,-soname,$(@F) $(WARN) -o $@ $(STANDIN_CUDA_SRC) -lpthread

$(BUILD)/standin/engine: tests/standin/cuda/engine.c $(wildcard tests/standin/cuda/*.h tests/standin/cuda/*.def)
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -ldl

.PHONY: standins
standins: $(STANDIN) $(STANDIN_CUDA) $(BUILD)/standin/engine

# The sources of GPU figures alone, and a load: for a machine with a real GPU (tests/gpu/device.sh).
DEVICE_SRC := $(addprefix user/gpu/,busy.c claims.c clients.c dcgm.c dcgm_metrics.c cuda.c device.c drm.c \
	drm_fdinfo.c envelope.c figures.c grpc_call.c holders.c kfd.c kubelet.c looks.c metrics_text.c nvml.c \
	nvml_library.c nvml_list.c nvml_processes.c pacing.c pod_resources.c reading.c source.c sysfs.c \
	tasks.c windows.c) $(addprefix user/base/,buffer.c json.c json_int.c percent.c protobuf.c \
	span.c table.c)
DEVICE_OBJ := $(DEVICE_SRC:%.c=$(BUILD)/obj/%.o)

$(BUILD)/gpu/watch: $(BUILD)/obj/tests/gpu/watch.o $(DEVICE_OBJ)
$(BUILD)/gpu/calls: $(BUILD)/obj/tests/gpu/calls.o $(DEVICE_OBJ)
$(BUILD)/gpu/load: $(BUILD)/obj/tests/gpu/load.o
$(BUILD)/gpu/addresses: $(BUILD)/obj/tests/gpu/addresses.o
$(addprefix $(BUILD)/gpu/,watch calls load addresses):
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -ldl

.PHONY: device
device: $(addprefix $(BUILD)/gpu/,watch calls load addresses) ## what tests/gpu/device.sh needs on a machine with a GPU

FUZZ_FLAGS := -std=gnu11 -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -Wno-unknown-warning-option -Wno-gnu-variable-sized-type-not-at-end
FUZZ_OBJ := $(PURE_SRC:%.c=$(BUILD)/fuzzobj/%.o) $(PURE_ASM:%.S=$(BUILD)/fuzzobj/%.o)
FUZZ_BIN := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)

$(BUILD)/fuzzobj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZ)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzzobj/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzzobj/user/price/catalogue_data.o: user/price/catalogue.tsv
$(BUILD)/fuzzobj/user/gpu/gpu_prices_data.o: user/gpu/gpu_prices.tsv

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJ)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ $(PURE_LIBS)

# The example of a new provider in provider.def, taken out of its comment: wiretally with it.
EXAMPLE := $(BUILD)/example
EXAMPLE_OBJ := $(addprefix $(EXAMPLE)/,example.o provider.o hosts.o path.o)
EXAMPLE_REST := $(filter-out $(addprefix %/provider/,provider.o hosts.o path.o),$(HOST_OBJ) $(PURE_OBJ))

$(EXAMPLE)/provider/example.c: user/provider/provider.def user/provider/hosts.def tests/provider_example.py
	@mkdir -p $(@D)
	$(Q)python3 tests/provider_example.py extract $(EXAMPLE)/provider

$(EXAMPLE)/example.o: $(EXAMPLE)/provider/example.c
	$(Q)$(CC) -I$(EXAMPLE) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(EXAMPLE)/%.o: user/provider/%.c $(EXAMPLE)/provider/example.c
	$(Q)$(CC) -I$(EXAMPLE) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(EXAMPLE)/wiretally: $(EXAMPLE_OBJ) $(EXAMPLE_REST)
	$(call say,LD )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PURE_LIBS) $(HOST_LIBS)

# What `make bench` measures with: programs that run a workload and say what it took.
BENCH_BIN := $(addprefix $(BUILD)/bench/,tls_loop syscall_loop empty_pair decode streams http2_streams ledger_fill)
BENCH_OBJ := $(BUILD)/obj/tests/bench

$(BUILD)/bench/tls_loop: $(BENCH_OBJ)/tls_loop.o $(BENCH_OBJ)/script.o
$(BUILD)/bench/syscall_loop: $(BENCH_OBJ)/syscall_loop.o
$(BUILD)/bench/empty_pair: $(BENCH_OBJ)/empty_pair.o $(addprefix $(BUILD)/obj/user/capture/,features.o cgroup_root.o)
$(BUILD)/bench/decode: $(BENCH_OBJ)/decode.o $(BENCH_OBJ)/feeder.o $(PURE_OBJ)
$(BUILD)/bench/http2_streams: $(BENCH_OBJ)/http2_streams.o $(BENCH_OBJ)/feeder.o $(PURE_OBJ)
$(BUILD)/bench/streams: $(BENCH_OBJ)/streams.o $(BENCH_OBJ)/script.o $(BENCH_OBJ)/feeder.o $(PURE_OBJ)
$(BUILD)/bench/ledger_fill: $(BENCH_OBJ)/ledger_fill.o $(PURE_OBJ)

$(BENCH_BIN):
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lssl -lcrypto -lbpf -lpthread $(PURE_LIBS)

$(BUILD)/bench/%.bpf.o: tests/bench/%.bpf.c
	@mkdir -p $(@D)
	$(call say,BPF)
	$(Q)$(CLANG) -target bpf -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter \
		-idirafter /usr/include/$(MULTIARCH) -MMD -MP -c -o $@ $<

# What `make check` injects faults with.
$(BUILD)/fault/libfault.so: tests/fault/fault.c
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -fPIC -shared $(WARN) -o $@ $< -ldl

$(BUILD)/fault/ledger_writer: $(BUILD)/obj/tests/fault/ledger_writer.o $(PURE_OBJ)
	@mkdir -p $(@D)
	$(call say,LD )
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(PURE_LIBS)

# Objects of tests stay: make would take them for steps in between, and build them anew each time.
.SECONDARY:

.PHONY: unit fuzzers faults bench-programs
unit: $(UNIT_BIN) $(BUILD)/example/wiretally
fuzzers: $(FUZZ_BIN)
faults: $(BUILD)/fault/libfault.so $(BUILD)/fault/ledger_writer
bench-programs: standins $(BENCH_BIN) $(addprefix $(BUILD)/bench/,empty.bpf.o empty_packet.bpf.o)

.PHONY: bench
bench: ## what metering costs, in one run: speed and memory (root)
	$(Q)tools/install.sh test
	$(Q)$(MAKE) -s all bench-programs
	$(Q)python3 tests/bench/bench.py

# Seconds that each fuzzer gets in `make fuzz`; `make check` feeds each the same inputs every time.
FUZZ_SECONDS ?= 60
CORPUS ?= ../shared/corpus

.PHONY: check
check: unit fuzzers faults all $(STANDIN) $(BUILD)/bench/streams ## unit tests, goldens, fuzz smoke, with sanitizers; no root needed
	$(Q)BUILD=$(BUILD) CORPUS=$(CORPUS) tests/check.sh

.PHONY: test
test: ## install what tests need, then lint, check and the live tests (root)
	$(Q)tools/install.sh test
	$(Q)$(MAKE) -s all unit fuzzers faults bench-programs
	$(Q)BUILD=$(BUILD) tests/all.sh

.PHONY: fuzz
fuzz: fuzzers ## fuzz for FUZZ_SECONDS (default 60) each: make fuzz FUZZ_SECONDS=600
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/fuzz.sh

# ---- House rules -----------------------------------------------------------------------------

FORMATTED := $(shell git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null)

.PHONY: lint
lint: ## formatting, static analysis, layers
	$(Q)clang-format --dry-run -Werror $(FORMATTED)
	$(Q)cppcheck --std=c11 --enable=warning,performance,portability --error-exitcode=1 --quiet \
		--inline-suppr -Iinclude -Iuser '-DLIBBPF_OPTS(t,n,...)=struct t n' user
	$(Q)python3 tools/lint_layers.py

.PHONY: format
format: ## bring the code into its format
	$(Q)clang-format -i $(FORMATTED)

# ---- For people ------------------------------------------------------------------------------

.PHONY: run
run: ## install what it needs, build, start the meter live with its ledger
	$(Q)tools/install.sh build
	$(Q)$(MAKE) -s all
	$(Q)tools/run.sh $(BUILD)/wiretally

.PHONY: demo
demo: ## the same with a simulated provider and a few calls: no key needed
	$(Q)tools/install.sh demo
	$(Q)$(MAKE) -s all
	$(Q)tools/demo.sh $(BUILD)/wiretally

PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: install
install: all ## program, man page, systemd unit, under $(PREFIX) (and $(DESTDIR))
	install -D -m 755 $(BUILD)/wiretally $(DESTDIR)$(PREFIX)/bin/wiretally
	install -D -m 644 user/man/wiretally.1 $(DESTDIR)$(PREFIX)/share/man/man1/wiretally.1
	@mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d
	sed 's|@PREFIX@|$(PREFIX)|' tools/deploy/wiretally.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/wiretally.service
	install -m 644 tools/deploy/wiretally.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/wiretally.conf

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## this text
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | \
		column -t -s '|'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Eleven. `make help` lists the targets; CONTRIBUTING.md explains them.

CC ?= gcc
BUILD ?= build
MODE ?= release

WARN := -Wall -Wextra -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wvla -Wundef
BASE_FLAGS := -std=c17 -D_GNU_SOURCE -DLLHTTP_STRICT_MODE=1 -Isrc -I. -isystem /usr/share/include/llhttp -g -fno-common -fno-strict-aliasing
# A released program is optimised across its files (11 % fewer instructions an order); tests link the same objects plainly.
# Not vectorised: with it the engine was 5 % slower here at -O2 and half as fast at -O3, as it seems because rows are read
# back narrower than such code writes them.
plain :=
ifeq ($(MODE),release)
MODE_FLAGS := -O2
ifneq ($(shell $(CC) --version | grep -c 'Free Software Foundation'),0)
MODE_FLAGS += -fno-tree-vectorize -fno-tree-slp-vectorize -flto=auto -ffat-lto-objects
plain := -fno-lto
endif
else ifeq ($(MODE),debug)
MODE_FLAGS := -O0
else ifeq ($(MODE),sanitize)
MODE_FLAGS := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifeq ($(MODE),thread)
MODE_FLAGS := -O1 -fsanitize=thread -fno-omit-frame-pointer
else ifeq ($(MODE),simulate) # as released but for LTO, with marks (base/mark.h)
MODE_FLAGS := -O2 -DELEVEN_MARKS
else ifeq ($(MODE),coverage) # clang
MODE_FLAGS := -O1 -DELEVEN_MARKS -DELEVEN_COVERAGE -fprofile-instr-generate -fcoverage-mapping
else
$(error MODE is release, debug, sanitize, thread, simulate or coverage)
endif
CFLAGS := $(BASE_FLAGS) $(WARN) $(MODE_FLAGS) $(EXTRA_CFLAGS)
LIBS := -lxxhash -luring -lpthread
# What the server adds: event loop, TLS, JSON, SQL, secrets, outgoing HTTP, QR codes.
SERVER_LIBS := -luv -lssl -lcrypto -ljansson -lsqlite3 -lsodium -lcurl -lqrencode
LLHTTP := /usr/share/llhttp

lib_sources := $(wildcard src/base/*.c src/core/*.c src/io/*.c src/journal/*.c src/node/*.c)
server_sources := $(wildcard src/code/*.c src/access/*.c src/view/*.c src/hook/*.c src/exchange/*.c src/door/*.c)
cli_sources := $(wildcard src/cli/*.c) $(filter-out bench/peer% bench/load%,$(wildcard bench/*.c)) # `eleven bench` is ours; peers and load generators are apart
support_sources := $(wildcard sim/disk*.c) $(filter-out $(wildcard test/test_*.c),$(wildcard test/*.c))
test_sources := $(wildcard test/test_*.c)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
tests := $(patsubst test/test_%.c,$(BUILD)/test_%,$(test_sources))

.PHONY: all setup test demo bench tidy lint clean help tests
.PHONY: FORCE
.SECONDARY:

all: setup $(BUILD)/eleven

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile */*.mk */*/*.mk

setup: ## install what the build needs and is missing (Debian packages)
	@tools/setup build

# What was built with other flags is built again.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CFLAGS)' >$@

FORCE:

$(BUILD)/%.o: %.c $(BUILD)/flags | setup
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# The HTTP parser of Node.js: Debian ships its C sources; the warnings in them are not ours to mend.
$(BUILD)/llhttp/%.o: $(LLHTTP)/%.c $(BUILD)/flags | setup
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(CFLAGS) -w -I/usr/share/include/llhttp -c $< -o $@

llhttp_objects := $(BUILD)/llhttp/api.o $(BUILD)/llhttp/http.o $(BUILD)/llhttp/llhttp.o

$(BUILD)/libserver.a: $(call objects,$(server_sources)) $(llhttp_objects)
	@echo "  AR $@"
	@rm -f $@
	@gcc-ar rcs $@ $^

$(BUILD)/libeleven.a: $(call objects,$(lib_sources))
	@echo "  AR $@"
	@rm -f $@
	@gcc-ar rcs $@ $^

$(BUILD)/eleven: $(call objects,$(cli_sources)) $(BUILD)/libserver.a $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(SERVER_LIBS) $(LIBS) -lm

$(BUILD)/test_%: $(BUILD)/test/test_%.o $(call objects,$(support_sources)) $(BUILD)/libserver.a $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(plain) -o $@ $^ -lcmocka $(SERVER_LIBS) $(LIBS) -lm

# The model needs no server; so the builds of test-determinism make none.
$(BUILD)/test_model: $(BUILD)/test/test_model.o $(call objects,$(support_sources)) $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(plain) -o $@ $^ -lcmocka $(LIBS)

# Labels as pictures, for test_labels.py.
$(BUILD)/print_labels: $(BUILD)/test/print/print_labels.o $(BUILD)/libserver.a $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) $(plain) -o $@ $^ $(SERVER_LIBS) $(LIBS) -lm

tests: $(tests) $(BUILD)/print_labels ## build the test programs only

# --- tests: each step builds and runs on all processors --------------------------------------------------------------

again = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
# The long ones first, so that no processor waits for the last one.
long := journal_torn folder crash syncs edges scarce model view exchange
test_names := $(long) $(filter-out $(long),$(test_sources:test/test_%.c=%))
doors := $(notdir $(wildcard test/test_*.py))
# What measures a server under load runs alone; the others may share the machine.
doors_alone := $(filter %_load.py %_hurt.py,$(doors))
doors_beside := $(filter-out $(doors_alone),$(doors))

# What a sanitized build repeats with fewer commands, and what the four builds must agree on.
sanitized := ELEVEN_COMMANDS=100000 ELEVEN_SEEDS=1 ELEVEN_STRIDE=50 ELEVEN_ORDERS=1000 ELEVEN_FLIPS=500
same := ELEVEN_COMMANDS=50000
in_sanitize := MODE=sanitize CC=clang BUILD=build/sanitize
in_thread := MODE=thread CC=clang BUILD=build/thread
# The programs that have threads, and a short life of the server at each door; `make test-doors-...` has all of it.
threaded := exchange view hook threads import access access_world journal io view_search
short_sanitized := test_doors_http.py:test_hostile:test_split:test_pipelines test_openapi.py test_doors_store.py \
                   test_doors_resp.py:test_hostile:test_split:test_pipeline:test_vanishing \
                   test_doors_crash.py:test_webhooks:test_views
short_thread := test_doors_crash.py:test_terminate:test_webhooks:test_views test_openapi.py \
                test_doors_resp.py:test_key_over_doors:test_scarce test_doors_http.py:test_pipelines
# A sanitizer that finds something ends the process at once, whoever looks at how it ended.
export ASAN_OPTIONS := detect_stack_use_after_return=1:strict_string_checks=1:allocator_release_to_os_interval_ms=-1
export UBSAN_OPTIONS := print_stacktrace=1
export TSAN_OPTIONS := halt_on_error=1:second_deadlock_stack=1

test: test-setup ## everything in its small tier
	@$(again) $(BUILD)/eleven tests
	@tools/run-tests $(BUILD) test_kill.sh test_cli.sh $(doors_beside) $(test_names)
	@tools/run-tests -j 1 $(BUILD) $(doors_alone)
	@$(MAKE) --no-print-directory test-sanitized
	@$(MAKE) --no-print-directory sim-smoke
	@$(MAKE) --no-print-directory fuzz-smoke
	@$(MAKE) --no-print-directory test-threads
	@$(MAKE) --no-print-directory test-determinism
	@$(MAKE) --no-print-directory tidy lint

.PHONY: test-setup test-sanitized test-threads test-doors test-doors-sanitized test-doors-threads test-determinism
test-setup:
	@tools/setup test

test-sanitized: test-setup ## every test program, and a short life of the server, under AddressSanitizer and UBSan
	@$(again) build/sanitize/eleven tests $(in_sanitize)
	@$(sanitized) tools/run-tests build/sanitize $(short_sanitized) $(test_names)

test-threads: test-setup ## the test programs with threads, and a short life of the server, under ThreadSanitizer
	@$(again) build/thread/eleven $(threaded:%=build/thread/test_%) $(in_thread)
	@$(sanitized) tools/run-tests build/thread $(short_thread) $(threaded)

test-doors: $(BUILD)/eleven $(BUILD)/print_labels $(BUILD)/test_link ## the server from outside, every test of it
	@tools/run-tests $(BUILD) $(doors_beside)
	@tools/run-tests -j 1 $(BUILD) $(doors_alone)

test-doors-sanitized: ## the same under AddressSanitizer and UBSan
	@$(again) build/sanitize/eleven $(in_sanitize)
	@$(MAKE) --no-print-directory test-doors $(in_sanitize)

test-doors-threads: ## the same under ThreadSanitizer
	@$(again) build/thread/eleven $(in_thread)
	@$(MAKE) --no-print-directory test-doors $(in_thread)

test-determinism: ## one digest from every compiler and optimisation
	@$(again) build/gcc-O0/test_model MODE=debug CC=gcc BUILD=build/gcc-O0
	@$(again) build/clang-O2/test_model MODE=release CC=clang BUILD=build/clang-O2
	@for build in $(BUILD) build/gcc-O0 build/clang-O2 build/sanitize; do \
	    $(same) $$build/test_model 2>/dev/null | sed -n "s,^digest.*,& $$build,p"; \
	done | awk '{ print "    " $$0; seen[$$2]; count++ } \
	    END { for (d in seen) kinds++; if (count != 4 || kinds != 1) { print "determinism: FAILED"; exit 1 } \
	          print "determinism: ok" }'

tidy: $(BUILD)/libeleven.a ## check the house itself
	@tools/tidy $(BUILD)

# Peers of the benchmarks are left out: their headers come with packages that only `make bench` installs.
linted := $(wildcard src/*/*.c sim/*.c) $(filter-out bench/peer_%,$(wildcard bench/*.c)) $(wildcard fuzz/*.c test/*.c test/print/*.c)
# Of the states of a function; clang's own bound is 225000, which takes four times as long and finds the same here.
NODES ?= 20000
lint: ## clang-tidy over all of it (.clang-tidy); NODES=225000 as far as its analyser goes
	@tools/setup lint
	@tools/lint $(NODES) "$(BASE_FLAGS) $(WARN)" $(linted)

demo: $(BUILD)/eleven ## a festival in the terminal, from an empty folder to the audit; then its doors, until Ctrl-C
	@tools/demo $(BUILD)

comma := ,
# Each room's own targets.
-include $(filter-out bench/doors.mk,$(wildcard */*.mk */*/*.mk))

clean: ## remove everything that was built
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

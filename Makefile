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
# What the server adds: event loop, TLS, JSON, SQL, secrets, outgoing HTTP.
SERVER_LIBS := -luv -lssl -lcrypto -ljansson -lsqlite3 -lsodium -lcurl
LLHTTP := /usr/share/llhttp

lib_sources := $(wildcard src/base/*.c src/core/*.c src/io/*.c src/journal/*.c src/node/*.c)
server_sources := $(wildcard src/access/*.c src/view/*.c src/hook/*.c src/exchange/*.c src/door/*.c)
cli_sources := $(wildcard src/cli/*.c) $(filter-out bench/peer% bench/load%,$(wildcard bench/*.c)) # `eleven bench` is ours; peers and load generators are apart
support_sources := $(wildcard sim/disk*.c) $(filter-out $(wildcard test/test_*.c),$(wildcard test/*.c))
test_sources := $(wildcard test/test_*.c)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
tests := $(patsubst test/test_%.c,$(BUILD)/test_%,$(test_sources))

.PHONY: all setup test demo bench tidy clean help tests check-tests
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

tests: $(tests) ## build the test programs only

test_names := $(test_sources:test/test_%.c=%)
# What a sanitized build repeats with fewer commands, and what the four builds must agree on.
sanitized := ELEVEN_COMMANDS=100000 ELEVEN_SEEDS=1 ELEVEN_STRIDE=50 ELEVEN_ORDERS=1000 ELEVEN_FLIPS=500
same := ELEVEN_COMMANDS=50000

parallel := $(MAKE) --no-print-directory -j$(shell nproc)

test: test-setup ## everything in its small tier
	@$(parallel) $(BUILD)/eleven tests
	@tools/run-tests $(BUILD) $(test_names)
	@test/test_cli.sh $(BUILD)/eleven
	@test/test_kill.sh $(BUILD)/eleven
	@test/test_doors.sh $(BUILD)/eleven
	@$(parallel) tests build/sanitize/simulate MODE=sanitize CC=clang BUILD=build/sanitize
	@$(sanitized) tools/run-tests build/sanitize $(test_names)
	@$(MAKE) --no-print-directory sim-smoke test-threads test-determinism tidy lint

.PHONY: test-setup test-determinism test-threads lint
test-setup:
	@tools/setup test

# What has threads, under ThreadSanitizer.
thread_names := threads hook view access
test-threads: test-setup ## ThreadSanitizer looks on while everything runs that has threads
	@$(parallel) $(thread_names:%=build/thread/test_%) MODE=thread CC=clang BUILD=build/thread
	@tools/run-tests build/thread $(thread_names)

# The analyser gives up on a function after so many states: 225,000, its own number, would take a quarter of an hour.
lint_nodes := 2000
lint_files := $(lib_sources) $(server_sources) $(wildcard src/cli/*.c sim/*.c)
lint: test-setup ## clang-tidy over what is built and the simulator
	@tools/lint $(lint_nodes) "$(BASE_FLAGS)" $(lint_files)

test-determinism: ## one digest from every compiler and optimisation
	@$(MAKE) --no-print-directory build/gcc-O0/test_model MODE=debug CC=gcc BUILD=build/gcc-O0
	@$(MAKE) --no-print-directory build/clang-O2/test_model MODE=release CC=clang BUILD=build/clang-O2
	@for build in $(BUILD) build/gcc-O0 build/clang-O2 build/sanitize; do \
	    $(same) $$build/test_model 2>/dev/null | sed -n "s,^digest.*,& $$build,p"; \
	done | awk '{ print "    " $$0; seen[$$2]; count++ } \
	    END { for (d in seen) kinds++; if (count != 4 || kinds != 1) { print "determinism: FAILED"; exit 1 } \
	          print "determinism: ok" }'

tidy: $(BUILD)/libeleven.a ## check the house itself
	@tools/tidy $(BUILD)

demo: $(BUILD)/eleven ## a festival in the terminal, from an empty folder to the audit; then its doors, until Ctrl-C
	@tools/demo $(BUILD)

comma := ,
# Each room's own targets.
-include $(filter-out bench/doors.mk,$(wildcard */*.mk */*/*.mk))

clean: ## remove everything that was built
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# The `fuzz` target: the targets of fuzz/ one after another, for SECONDS (default 60) together. `fuzz-smoke`: a bounded
# number of runs from a fixed seed, within half a minute once built. Included by the Makefile; built apart, with clang.

fuzz_names := $(patsubst fuzz/fuzz_%.c,%,$(wildcard fuzz/fuzz_*.c))
fuzz_programs := $(fuzz_names:%=$(BUILD)/fuzz_%)
fuzz_build = $(again) MODE=sanitize CC=clang BUILD=build/fuzz \
              EXTRA_CFLAGS=-fsanitize=fuzzer-no-link

# How checksums and proofs branch says nothing about an input, and would take most of the time.
ifneq ($(findstring fuzzer-no-link,$(EXTRA_CFLAGS)),)
$(call objects,src/base/checksum.c src/core/check.c src/core/check_more.c): CFLAGS += -fno-sanitize=fuzzer-no-link
endif

fuzz_objects := $(call objects,$(filter-out fuzz/fuzz_% fuzz/make_corpus.c,$(wildcard fuzz/*.c)) $(support_sources))
$(BUILD)/fuzz_%: $(BUILD)/fuzz/fuzz_%.o $(fuzz_objects) $(BUILD)/libserver.a $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ -lcmocka $(SERVER_LIBS) $(LIBS) -lm

$(BUILD)/fuzz_corpus: $(BUILD)/fuzz/make_corpus.o $(fuzz_objects) $(BUILD)/libserver.a $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -o $@ $^ -lcmocka $(SERVER_LIBS) $(LIBS) -lm

.PHONY: fuzz fuzz-smoke fuzz-setup fuzz-programs
fuzz-setup:
	@tools/setup fuzz

fuzz-programs: $(fuzz_programs) $(BUILD)/fuzz_corpus

fuzz: fuzz-setup ## the targets of fuzz/, for SECONDS=60 together, with their counters
	@$(fuzz_build) fuzz-programs
	@fuzz/run build/fuzz time $(or $(SECONDS),60) $(fuzz_names)

fuzz-smoke: fuzz-setup ## the same in its small tier: few runs from a fixed seed
	@$(fuzz_build) fuzz-programs
	@fuzz/run build/fuzz smoke $(fuzz_names)

# The `bench` target: prints every figure (docs/BENCHMARKS.md). QUICK=1: engine and bare loops only, within 45 s.
# Each peer is a binary of its own, so that only it needs the peer's library. Included by the Makefile.

bench_peers := redis lmdb sqlite postgres
bench_common := $(call objects,bench/measure.c bench/workload.c src/base/checksum.c src/base/assert.c)
bench_programs := $(BUILD)/eleven $(if $(QUICK),,$(bench_peers:%=$(BUILD)/bench-%))

bench_ours := $(call objects,$(addprefix bench/,main.c engine.c catalogue.c bare.c))

$(BUILD)/bench-redis: bench_libs := -lhiredis
$(BUILD)/bench-lmdb: bench_libs := -llmdb
$(BUILD)/bench-sqlite: bench_libs := -lsqlite3
$(BUILD)/bench-postgres: bench_libs := -lpq -lpthread
$(BUILD)/bench/peer_postgres.o: CFLAGS += -isystem /usr/include/postgresql

$(bench_peers:%=$(BUILD)/bench-%): $(BUILD)/bench-%: $(BUILD)/bench/peer_%.o $(BUILD)/bench/peer.o $(bench_common)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -o $@ $^ $(bench_libs) -lxxhash -lm

.PHONY: bench-setup
bench-setup:
	@tools/setup $(if $(QUICK),build,bench)

# The peers' headers come with their packages.
$(bench_peers:%=$(BUILD)/bench/peer_%.o): | bench-setup

bench: $(bench_programs) | bench-setup ## every figure, ours and the peers'; QUICK=1: ours, within 45 s
	@BUILD=$(BUILD) QUICK=$(QUICK) bench/run

include bench/doors.mk

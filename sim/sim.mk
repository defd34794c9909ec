# The simulator: the released server on a simulated loop, network and disk. `simulate_objects` are all it is linked of.
simulate_sources := $(wildcard sim/*.c) $(wildcard test/naive*.c test/generate*.c) $(addprefix test/,support.c marks.c)
simulate_objects := $(call objects,$(lib_sources) $(server_sources) $(simulate_sources)) $(llhttp_objects)
# What comes between: the oracle at the engine, and the seams (sim/seams.c). libuv is sim/loop.c.
simulate_wraps := engine_apply engine_apply_all clock_gettime access_act access_acts_full access_trail_key_used
simulate_libs := $(simulate_wraps:%=-Wl$(comma)--wrap=%) -lcmocka $(filter-out -luv,$(SERVER_LIBS)) $(LIBS) -lm

$(BUILD)/simulate: $(simulate_objects)
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -o $@ $(simulate_objects) $(simulate_libs)

.PHONY: sim sim-smoke
JOBS ?= $(shell nproc)
SIM := build/simulate/simulate
sim: test-setup ## worlds hurt in every way, SECONDS=60 of them, FIRST=1 the first seed; ends with what was counted
	@$(again) $(SIM) MODE=simulate CC=gcc BUILD=build/simulate
	@$(SIM) --first $${FIRST:-1} --seconds $(or $(SECONDS),60) --jobs $(JOBS)

sim-smoke: test-setup ## the same in its small tier: always the same worlds, some of them twice and under sanitizers
	@$(again) $(SIM) MODE=simulate CC=gcc BUILD=build/simulate
	@$(SIM) --seeds 200 --jobs $(JOBS)
	@$(SIM) --seeds 20 >build/simulate/once && $(SIM) --seeds 20 --jobs $(JOBS) >build/simulate/twice && \
	    cmp build/simulate/once build/simulate/twice && echo "sim: the same seeds, the same worlds"
	@$(again) build/sanitize/simulate $(in_sanitize)
	@build/sanitize/simulate --seeds 40 --jobs $(JOBS) --quiet && echo "sim: 40 worlds under sanitizers"

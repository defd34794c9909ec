# The `mutants` target: each planted bug of sim/mutants/ must be caught by the simulator within 1,000 seeds.
# ONLY="name ..." looks for those alone. Included by the Makefile; wants simulate_objects and simulate_libs of sim.mk.

.PHONY: mutants mutants-setup mutants-hunt
mutants-setup:
	@tools/setup mutants

mutants: mutants-setup ## plants each bug of sim/mutants/; the simulator must catch it. ONLY=name: that one
	@$(MAKE) --no-print-directory MODE=simulate CC=gcc BUILD=build/simulate mutants-hunt

mutants-hunt: $(BUILD)/simulate
	@CC='$(CC)' CFLAGS='$(CFLAGS)' OBJECTS='$(simulate_objects)' LIBS='$(simulate_libs)' \
	    tools/mutants $(BUILD) $(ONLY)

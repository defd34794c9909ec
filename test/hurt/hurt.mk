# The `hurt` target: the real server hurt from outside for SECONDS (default 600), by a seed (SEED, default: the clock's). Its
# small tier is test/test_hurt.py, a part of `make test`. Included by the Makefile.

# A bad disk and a bad clock for the server, by LD_PRELOAD.
$(BUILD)/slow_disk.so: test/hurt/slow_disk.c $(BUILD)/flags | setup
	@echo "  LD $@"
	@$(CC) $(BASE_FLAGS) $(WARN) -O2 -fPIC -shared -o $@ $< -ldl

tests: $(BUILD)/slow_disk.so

.PHONY: hurt
hurt: test-setup ## the real server under all faults from outside, for SECONDS=600, by SEED; prints its counters
	@$(MAKE) --no-print-directory $(BUILD)/eleven $(BUILD)/slow_disk.so
	@PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 test/hurt/hurt.py $(BUILD)/eleven --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED)) $(HURT)

# Targets around the tests that are no part of `make test`. Included by the Makefile.

torture_names := crash syncs model journal_crash folder journal_damage stuck clock journal_torn snapshot

.PHONY: torture golden
torture: test-setup ## the tests whose faults are drawn, with new seeds, for SECONDS=60 (FIRST=n: from this seed)
	@$(MAKE) --no-print-directory --silent $(torture_names:%=$(BUILD)/test_%)
	@tools/torture $(BUILD) $(or $(SECONDS),60) $(FIRST)

golden: test-setup ## the golden data folder of a new format, once: NAME=v2
	@$(MAKE) --no-print-directory --silent $(BUILD)/test_golden
	@tools/golden $(BUILD) $(NAME)

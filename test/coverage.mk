# The `coverage` target: the tests of the engine and the journal, built by clang with counters, and what they reached
# (tools/coverage). Fails below the floors for src/core and src/journal, and when a mark (src/base/mark.def) is never
# reached. Included by the Makefile. The simulator takes part where there is one.

coverage_lines := 95
coverage_branches := 90
# Not those that are about the server's rooms alone.
coverage_names := $(filter-out access% view% hook feed parsers csv,$(test_names))
coverage_programs := $(coverage_names:%=$(BUILD)/test_%) $(if $(wildcard sim/simulate.c),$(BUILD)/simulate)

.PHONY: coverage coverage-setup coverage-programs
coverage-programs: $(coverage_programs)

coverage-setup:
	@tools/setup coverage

coverage: coverage-setup ## lines, branches and marks that the tests of engine and journal reach
	@$(MAKE) --no-print-directory coverage-programs MODE=coverage CC=clang BUILD=build/coverage
	@tools/coverage build/coverage $(coverage_lines) $(coverage_branches) $(coverage_names)

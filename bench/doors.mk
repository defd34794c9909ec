# The `bench-doors` target: what the doors take in over loopback, beside Redis and nginx (docs/BENCHMARKS.md).
# QUICK=1: orders over both protocols and their peers only, within 45 s. Included by bench.mk.

loads := $(addprefix $(BUILD)/bench-,shop resp http sse)
load_common := $(call objects,$(addprefix bench/,measure.c dial.c))
load_orders := $(call objects,$(addprefix bench/,wire.c workload.c))

$(BUILD)/bench-shop: $(call objects,$(addprefix bench/,load_shop.c engine.c catalogue.c workload.c measure.c))
$(BUILD)/bench-resp: $(call objects,bench/load_resp.c bench/resp_client.c) $(load_orders) $(load_common)
$(BUILD)/bench-http: $(call objects,bench/load_http.c bench/load_reply.c) $(load_orders) $(load_common)
$(BUILD)/bench-sse: $(call objects,bench/load_sse.c) $(load_common)

$(loads): $(BUILD)/libeleven.a
	@echo "  LD $@"
	@$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) $(BUILD)/libeleven.a $(LIBS) -lm

# The test of the parts that count (test/test_load.c) is linked with them.
$(BUILD)/test_load: $(load_orders) $(load_common) $(call objects,bench/resp_client.c bench/load_reply.c)

.PHONY: bench-doors doors-setup
doors-setup:
	@tools/setup doors

bench-doors: $(BUILD)/eleven $(loads) | doors-setup ## the doors, beside Redis and nginx; QUICK=1: within 45 s
	@BUILD=$(BUILD) QUICK=$(QUICK) bench/doors

/*
 * fuzz_order: the two readers of an order's JSON body. What json_check_plain
 * takes, jansson takes too (but for numbers that no C type holds); and the quick reader (body_plain_order) makes the
 * very
 * bytes of the command that jansson's reader (body_members) makes, or both refuse.
 */
#include "fuzz/fuzz.h"

#include "core/command.h"
#include "door/body.h"
#include "door/json_check.h"

#define ROOM_BYTES 1024

struct reading {
    _Alignas(8) u8 room[ROOM_BYTES];
    struct ask ask;
    bool good;              /* a whole command lies in the room */
};

static void begin(struct reading *reading)
{
    memset(reading->room, 0x5a, sizeof(reading->room));
    ask_begin(&reading->ask, fuzz_world(), COMMAND_ORDER_PLACE, reading->room);
}

static void finish(struct reading *reading, bool good)
{
    reading->good = good && ask_end(&reading->ask);
    if (reading->good)
        FUZZ_MUST(command_well_formed(reading->room, reading->ask.command->size));
    else
        FUZZ_MUST(reading->ask.problem != NULL || reading->ask.refusal.code != RESULT_OK);
}

static void check_json(struct slice text)
{
    json_error_t error;
    bool plain = json_check_plain(text);
    json_t *value = json_loadb(text.bytes, text.size, JSON_DECODE_ANY, &error);
    FUZZ_MUST(!plain || value != NULL || json_error_code(&error) == json_error_numeric_overflow);
    json_decref(value);
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments)
{
    (void)argument_count;
    (void)arguments;
    fuzz_world();
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
    static struct reading quick, careful;
    char *copy = fuzz_copy(bytes, size);
    struct slice text = slice_of(copy, size);
    check_json(text);
    begin(&quick);
    enum body_plain plain = body_plain_order(text, &quick.ask);
    if (plain != BODY_NOT_PLAIN)
        finish(&quick, plain == BODY_DONE);

    json_error_t error;
    json_t *object = json_loadb(copy, size, JSON_REJECT_DUPLICATES, &error);
    begin(&careful);
    careful.good = false;
    if (json_is_object(object))
        finish(&careful, body_members(object, &careful.ask));
    if (plain != BODY_NOT_PLAIN) {
        FUZZ_MUST(quick.good == careful.good);
        FUZZ_MUST(!quick.good || memcmp(quick.room, careful.room, sizeof(quick.room)) == 0);
    }
    FUZZ_COUNT("objects", object != NULL);
    FUZZ_COUNT("orders", careful.good);
    FUZZ_COUNT("read-twice", plain != BODY_NOT_PLAIN);
    json_decref(object);
    free(copy);
    return 0;
}

#include "door/right.h"

u32 right_roles(u32 roles)
{
    if (roles & ROLE_ADMINISTRATOR)
        roles |= ROLE_MERCHANDISER | ROLE_CLERK;
    if (roles & ROLE_INTEGRATOR)
        roles |= ROLE_SHOPPER | ROLE_CLERK;
    return roles | ROLE_ANYBODY;
}

static bool order_is_of(const struct engine *engine, u32 order, u32 shopper)
{
    const struct order *row = engine_order(engine, order);
    return row != NULL && shopper != 0 && row->shopper == shopper;
}

/* Some line of the order (of the part, if not 0) lies at this location. */
static bool order_is_at(const struct engine *engine, u32 order, u32 part, u32 location)
{
    const struct order *row = engine_order(engine, order);
    for (u32 i = 0; row != NULL && i < row->line_count; i++) {
        const struct line *line = engine_line(engine, row->first_line + i);
        if ((part == 0 || line->part == part) && engine_book(engine, line->book)->location == location)
            return true;
    }
    return row != NULL && part == 0 && row->location == location;
}

/* A shopper, for their own account. */
static bool shopper_may(const struct engine *engine, u32 shopper, const struct command_header *command)
{
    switch (command->kind) {
    case COMMAND_ORDER_PLACE: {
        const struct command_order_place *place = (const void *)command;
        return place->shopper == shopper && place->channel != CHANNEL_TILL && place->payment != PAYMENT_PROVIDER;
    }
    case COMMAND_ORDER_PAY: {
        const struct command_order_pay *pay = (const void *)command;
        return order_is_of(engine, pay->order, shopper) && pay->payment == PAYMENT_WALLET;
    }
    case COMMAND_ORDER_CANCEL:
        return order_is_of(engine, ((const struct command_order_cancel *)command)->order, shopper);
    case COMMAND_WALLET_TRANSFER:
        return ((const struct command_wallet_transfer *)command)->from == shopper;
    case COMMAND_BUDGET_SET:
        return ((const struct command_budget_set *)command)->shopper == shopper;
    default:
        return false;
    }
}

/* A till that does not exist is nobody's: the engine says so. */
static bool till_is_at(const struct engine *engine, u32 till, u32 location)
{
    const struct till *row = engine_till(engine, till);
    return row == NULL || row->location == location;
}

/* A clerk, at a till of their own store. Money is taken only for orders that have to do with it; goods are taken back
 * wherever they were bought. */
static bool clerk_may_at_till(const struct engine *engine, u32 location, const struct command_header *command)
{
#define TILL(type) till_is_at(engine, ((const struct command_##type *)command)->till, location)
    switch (command->kind) {
    case COMMAND_TILL_OPEN: return TILL(till_open);
    case COMMAND_TILL_CLOSE: return TILL(till_close);
    case COMMAND_TILL_CASH: return TILL(till_cash);
    case COMMAND_TILL_RETURN: return TILL(till_return);
    case COMMAND_TILL_TAKE_BACK: return TILL(till_take_back);
    case COMMAND_TILL_PAY:
        return TILL(till_pay) && order_is_at(engine, ((const struct command_till_pay *)command)->order, 0, location);
    case COMMAND_TILL_VOID:
        return TILL(till_void) && order_is_at(engine, ((const struct command_till_void *)command)->order, 0, location);
    default: return false;
    }
#undef TILL
}

/* A clerk, for goods that come to their own store; what does not exist is nobody's. */
static bool inbound_is_to(const struct engine *engine, u32 inbound, u32 location)
{
    const struct inbound *row = engine_inbound(engine, inbound);
    return location == 0 || row == NULL || row->to == location;
}

/* A clerk, at their own store, or at every one (0). A wallet is its shopper's, and money from outside is no clerk's
 * word: what they sell is on hold until a till has taken the money (till.pay), which it counts in its drawer. The six
 * part commands have one layout. */
static bool clerk_may(const struct engine *engine, u32 location, const struct command_header *command)
{
#define HERE(place) (location == 0 || (place) == location)
    switch (command->kind) {
    case COMMAND_STOCK_RECEIVE:
        return HERE(((const struct command_stock_receive *)command)->location);
    case COMMAND_STOCK_COUNT:
        return HERE(((const struct command_stock_count *)command)->location);
    case COMMAND_STOCK_MOVE:
        return HERE(((const struct command_stock_move *)command)->from);
    case COMMAND_ORDER_PLACE: {
        const struct command_order_place *place = (const void *)command;
        return place->channel == CHANNEL_TILL && place->payment == PAYMENT_HOLD && HERE(place->location);
    }
    case COMMAND_ORDER_CANCEL:
        return location == 0 ||
               order_is_at(engine, ((const struct command_order_cancel *)command)->order, 0, location);
    case COMMAND_ORDER_RETURN: {
        const struct command_order_return *back = (const void *)command;
        return HERE(back->location) || (back->location == 0 && order_is_at(engine, back->order, 0, location));
    }
    case COMMAND_PART_PACK:
    case COMMAND_PART_SHIP:
    case COMMAND_PART_READY:
    case COMMAND_PART_HAND_OVER:
    case COMMAND_PART_DELIVER:
    case COMMAND_PART_CHECK_OUT: {
        const struct command_part_pack *part = (const void *)command;
        return location == 0 || order_is_at(engine, part->order, part->part, location);
    }
    case COMMAND_ORDER_EXCHANGE:
        return HERE(((const struct command_order_exchange *)command)->location);
    case COMMAND_INBOUND_EXPECT:
        return HERE(((const struct command_inbound_expect *)command)->to);
    case COMMAND_INBOUND_SEND:
        return HERE(((const struct command_inbound_send *)command)->from);
    case COMMAND_INBOUND_RECEIVE:
        return inbound_is_to(engine, ((const struct command_inbound_receive *)command)->inbound, location);
    case COMMAND_INBOUND_CLOSE:
        return inbound_is_to(engine, ((const struct command_inbound_close *)command)->inbound, location);
    default:
        return location == 0 || clerk_may_at_till(engine, location, command);
    }
#undef HERE
}

/* Money from outside is the payment provider's word, and the provider's alone; a wallet is nothing to it. */
static bool payment_may(const struct caller *caller, const struct command_header *command)
{
    if (command->kind != COMMAND_ORDER_PAY)
        return true;
    bool provider = (caller->roles & ROLE_PROVIDER) != 0;
    bool others = (caller->roles & ~(u32)(ROLE_PROVIDER | ROLE_ANYBODY)) != 0;
    return ((const struct command_order_pay *)command)->payment == PAYMENT_PROVIDER ? provider : !provider || others;
}

bool right_to(const struct engine *engine, const struct caller *caller, const struct command_header *command)
{
    u32 asked = command_info(command->kind)->roles;
    u32 has = right_roles(caller->roles);
    if ((asked & has) == 0 || (asked & ROLE_SYSTEM) || !payment_may(caller, command))
        return false;
    if (caller->roles & ROLE_INTEGRATOR)
        return true;
    if (asked & has & (ROLE_ANYBODY | ROLE_MERCHANDISER | ROLE_PROVIDER))
        return true;
    if (asked & has & ROLE_CLERK && clerk_may(engine, caller->location, command))
        return true;
    return (asked & has & ROLE_SHOPPER) && caller->shopper != 0 && shopper_may(engine, caller->shopper, command);
}

bool right_to_see(const struct engine *engine, const struct caller *caller, u32 order)
{
    if (caller->roles & (ROLE_INTEGRATOR | ROLE_ADMINISTRATOR | ROLE_MERCHANDISER | ROLE_PROVIDER))
        return true;
    if (caller->roles & ROLE_CLERK && (caller->location == 0 || order_is_at(engine, order, 0, caller->location)))
        return true;
    return order_is_of(engine, order, caller->shopper);
}

_Static_assert(sizeof(struct command_part_pack) == sizeof(struct command_part_ship) &&
                   sizeof(struct command_part_pack) == sizeof(struct command_part_ready) &&
                   sizeof(struct command_part_pack) == sizeof(struct command_part_hand_over) &&
                   sizeof(struct command_part_pack) == sizeof(struct command_part_deliver) &&
                   sizeof(struct command_part_pack) == sizeof(struct command_part_check_out),
               "read as one of them in clerk_may");

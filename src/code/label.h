/*
 * Labels: what is stuck to a shelf, to goods, and to what waits for its shopper. Each is drawn from a plain struct
 * into a place of label_size; sheet.h puts many of them on paper. Nothing is looked up here, and nothing is kept:
 * slices are the caller's. Names of any length fit: they are cut with an ellipsis at the width there is
 * (LABEL_NAME_LINES lines).
 *
 * Sizes: the X-dimension of bars is 0.33 mm (GS1 General Specifications: 0.264 to 0.66 for the point of sale). A
 * product label's bars have the full height of 22.85 mm; a shelf label's, read by hand scanners only, 10 mm. A QR code
 * with its quiet zone is 19 mm wide, so a shelf's modules are 0.46 mm with a link of 62 bytes, 0.34 with 180.
 */
#ifndef ELEVEN_CODE_LABEL_H
#define ELEVEN_CODE_LABEL_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/types.h"

#define LABEL_NAME_LINES 2u
#define LABEL_WIDE_UM 63500u        /* three beside each other on A4 */
#define LABEL_NARROW_UM 48000u      /* what a roll of 58 mm prints */
#define LABEL_BROAD_UM 72000u       /* what a roll of 80 mm prints */
#define LABEL_LINK_MAX 400u         /* bytes */

struct label_size {
    u32 width_um, height_um;
};

struct label_price {
    i64 list_minor;                 /* outside of festivals; 0: no price */
    i64 festival_minor;             /* lower, and for now; 0: none: the list price is then struck out */
    u32 digits;                     /* of the currency */
    struct slice currency;          /* its code */
    struct slice festival;          /* its name */
};

struct label_shelf {
    struct slice name, unit, sku, store; /* unit: "250 g", may be empty */
    struct label_price price;
    u64 gtin;                       /* 0: none, and no bars; so with a GTIN-14 (symbol.h) */
    struct slice link;              /* of the QR code; empty: none */
};
/* width_um: LABEL_NARROW_UM and more. */
struct label_size label_shelf_size(u32 width_um);
void label_shelf(struct buffer *out, struct label_size size, const struct label_shelf *label);

struct label_product {
    struct slice name, sku;
    struct label_price price;
    u64 gtin;
};
struct label_size label_product_size(void);
void label_product(struct buffer *out, struct label_size size, const struct label_product *label);

/* Of an order's pick-up, exit or order code. */
struct label_code {
    struct slice title;             /* what it is */
    struct slice code;              /* as order_code_make writes it: in the QR code, and in large letters */
    struct slice order, store;      /* "Order 12"; store may be empty */
    struct slice collect_by;        /* empty: no such day */
};
struct label_size label_code_size(void);
void label_code(struct buffer *out, struct label_size size, const struct label_code *label);

/* The link of a shelf label (GS1 Digital Link): BASE/01/GTIN?store=CODE, the code percent-encoded. False, with
 * nothing written: there is no GTIN, BASE is no address that link.h reads, or all is longer than LABEL_LINK_MAX. */
bool label_shelf_link(struct buffer *out, struct slice base, u64 gtin, struct slice store);

#endif

/*
 * Writes labels as SVG files into a folder, for test/test_labels.py: print_labels FOLDER
 * Each line it prints: FILE, and what its QR code and its bars must be read as ("-": none), with tabs between.
 */
#include "code/label.h"
#include "code/order_code.h"
#include "code/svg.h"

#include <stdio.h>
#include <stdlib.h>

static const char *folder;
static struct buffer out;

static void write_file(const char *name, const char *qr, const char *bars)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s.svg", folder, name);
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(out.bytes, 1, out.size, file) != out.size || fclose(file) != 0)
        exit(1);
    printf("%s\t%s\t%s\n", name, qr, bars);
}

static void shelf(const char *name, u32 width_um, u64 gtin, const char *base, const char *title)
{
    struct buffer link = {0};
    char digits[24], link_text[LABEL_LINK_MAX + 1];
    label_shelf_link(&link, slice_text(base), gtin, slice_text("st-1"));
    memcpy(link_text, link.bytes, link.size);
    link_text[link.size] = 0;
    struct label_shelf label = {
        .name = slice_text(title), .unit = slice_text("250 g"), .sku = slice_text("TEA-250"),
        .store = slice_text("Nanjing Road"),
        .price = {.list_minor = 12800, .festival_minor = 9900, .digits = 2, .currency = slice_text("CNY"),
                  .festival = slice_text("Double Eleven")},
        .gtin = gtin, .link = slice_of(link.bytes, link.size)};
    struct label_size size = label_shelf_size(width_um);
    out.size = 0;
    svg_open(&out, size.width_um, size.height_um);
    label_shelf(&out, size, &label);
    svg_close(&out);
    snprintf(digits, sizeof(digits), "%0*llu", gtin < 100000000 ? 8 : 13, (unsigned long long)gtin);
    write_file(name, link_text, digits);
    buffer_free(&link);
}

static void product(const char *name, u64 gtin)
{
    char digits[24];
    struct label_product label = {.name = slice_text("Tea"), .sku = slice_text("TEA"), .gtin = gtin,
                                  .price = {.list_minor = 12800, .digits = 2, .currency = slice_text("CNY")}};
    struct label_size size = label_product_size();
    out.size = 0;
    svg_open(&out, size.width_um, size.height_um);
    label_product(&out, size, &label);
    svg_close(&out);
    snprintf(digits, sizeof(digits), "%0*llu", gtin < 100000000 ? 8 : 13, (unsigned long long)gtin);
    write_file(name, "-", digits);
}

static void code(const char *name, enum order_code_purpose purpose, u32 order)
{
    const u8 key[ORDER_CODE_KEY_BYTES] = "a key of a test";
    char text[ORDER_CODE_TEXT_MAX];
    struct label_code label = {.title = slice_text("Pick-up"), .order = slice_text("No. 1"),
                               .store = slice_text("Nanjing Road"), .collect_by = slice_text("2026-11-18")};
    label.code = slice_text(order_code_make(text, key, purpose, order));
    struct label_size size = label_code_size();
    out.size = 0;
    svg_open(&out, size.width_um, size.height_um);
    label_code(&out, size, &label);
    svg_close(&out);
    write_file(name, text, "-");
}

/* An EAN-13 whose check digit is another one than it should be, drawn as if it were good: its last digit's modules
 * are those of another digit. */
static void damaged(const char *name)
{
    struct symbol_bars good, other;
    symbol_bars(9520000001117, &good);
    symbol_bars(9520000001124, &other);
    memcpy(good.dark + good.count - 10, other.dark + other.count - 10, 7);
    out.size = 0;
    svg_open(&out, LABEL_NARROW_UM, 40000);
    svg_bars(&out, 4000, 4000, 330, 22850, &good);
    svg_close(&out);
    write_file(name, "-", "-");
}

int main(int argc, char **argv)
{
    static const u64 gtins[] = {9520000001117, 6901234567892, 4006381333931, 36000291452, 96385074};
    static const u32 widths[] = {LABEL_WIDE_UM, LABEL_NARROW_UM, LABEL_BROAD_UM};
    static const char *const names[] = {"A tea whose name is so long that it does not fit into the label's two lines",
                                        "\xe7\xba\xa2\xe8\x8c\xb6 Tea"};
    char name[64];
    if (argc != 2)
        return 2;
    folder = argv[1];
    for (size_t i = 0; i < ARRAY_COUNT(gtins); i++) {
        snprintf(name, sizeof(name), "shelf-%zu", i);
        shelf(name, widths[i % 3], gtins[i], i % 2 ? "https://festival.shop.example" : "http://127.0.0.1:1111",
              names[i % 2]);
        snprintf(name, sizeof(name), "product-%zu", i);
        if (i == 0 || i == 4)
            product(name, gtins[i]);
    }
    for (u32 i = 0; i < 2; i++) {
        snprintf(name, sizeof(name), "code-%u", i);
        code(name, i + 1, 1 + i * 1000003);
    }
    damaged("damaged");
    buffer_free(&out);
    return 0;
}

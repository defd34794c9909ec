/* Searches find what was put, whatever is asked, and page by page each product once. */
#include "test/test_view_kit.h"

static size_t find(const char *text, u32 *skus)
{
    u64 next;
    const char *wrong;
    struct view_search search = {.text = slice_text(text)};
    size_t count = view_products(view, &search, skus, VIEW_PAGE_MAX, &next, &wrong);
    if (wrong != NULL)
        fail_msg("\"%s\": %s", text, wrong);
    assert_int_equal(next, 0);
    return count;
}

/* The search finds these SKUs, in this order: "3 1". */
static void expect_found(const char *text, const char *expected)
{
    u32 skus[VIEW_PAGE_MAX];
    char found[1024] = "";
    size_t count = find(text, skus);
    for (size_t i = 0; i < count; i++)
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%u", i > 0 ? " " : "", skus[i]);
    if (strcmp(found, expected) != 0)
        fail_msg("\"%s\" finds \"%s\", not \"%s\"", text, found, expected);
}

static void test_search(void **state)
{
    (void)state;
    furnish();
    products();
    views_start(NULL, 0);
    views_reach();
    expect_found("run", "1 4");             /* prefix; one for both sizes; title before body */
    expect_found("RUNNING shoes", "1");
    expect_found("running easy", "4");      /* all words, in any column */
    expect_found("43", "1");                /* the words of any size */
    expect_found("outdoor", "5 1");         /* among equals the shorter one */
    expect_found("creme BRULEE", "4");
    expect_found("Crème", "4");
    expect_found("cafe", "1");              /* an entity */
    expect_found("hidden", "");             /* a script */
    expect_found("title", "");              /* an attribute */
    expect_found("tags", "4");
    expect_found("红色", "3");
    expect_found("跑步", "3");              /* in the middle */
    expect_found("色加", "3");              /* across words */
    expect_found("步跑", "");
    expect_found("红色 特价", "3");
    expect_found("iphone手机", "5");
    expect_found("手机iph", "5");
    expect_found("abc12", "5");             /* fullwidth */
    expect_found("ンダ", "6");
    expect_found("국어", "6");
    expect_found("acme", "1");
    expect_found("belle", "5 4");
    expect_found("ecole", "5 4");
    expect_found("R2", "1");
    expect_found("036000291452", "1");
    expect_found("0036000291452", "1");
    expect_found("00036000291452", "1");
    expect_found("no handle", "8 7");
    expect_found("nowhere", "");
}

static void test_hostile(void **state)
{
    static const char *const texts[] = {
        "\"", "'", "running OR", "NOT", "AND AND", "run*", "title : running", "{title body} : a", "NEAR(a b)", "^run",
        "\"running", "a\"b", "-run", "; DROP TABLE sku", "(", ")", "run + shoes", "\xff\xfe",
        "run\xc3", "**", "\\", "💥",
    };
    u32 skus[VIEW_PAGE_MAX];
    const char *wrong;
    u64 next;
    (void)state;
    furnish();
    products();
    views_start(NULL, 0);
    views_reach();
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        find(texts[i], skus);
    expect_found("run*", "1 4");
    expect_found("\"shoes\" (running)", "1");
    expect_found("run -shoes", "1");        /* "-" is nothing, so it is not "without" */
    expect_found("NOT", "");
    expect_found("!?", "");
    expect_found("", "1 3 4 5 6 7 8");
    expect_found(" \t", "1 3 4 5 6 7 8");
    char many[WORDS_TEST_BYTES];
    struct view_search search = {.text = slice_of(many, sizeof(many))};
    memset(many, 'a', sizeof(many));
    assert_int_equal(view_products(view, &search, skus, 10, &next, &wrong), 0);
    assert_non_null(wrong);
    for (size_t i = 0; i < sizeof(many); i += 2)
        many[i] = ' ';
    search.text.size = 100;
    assert_int_equal(view_products(view, &search, skus, 10, &next, &wrong), 0);
    assert_non_null(wrong);
    search = (struct view_search){.after = UINT64_MAX};
    assert_int_equal(view_products(view, &search, skus, 10, &next, &wrong), 0);
    assert_non_null(wrong);
    assert_int_equal(view_variants(view, slice_text("run"), skus, 10), 2);
    assert_int_equal(skus[1], 2);
    assert_int_equal(view_variants(view, slice_text("run"), skus, 1), 1);
    assert_int_equal(view_variants(view, slice_text(""), skus, 10), 0);
}

/* What is put again is found by its new words only. */
static void test_changes(void **state)
{
    (void)state;
    furnish();
    products();
    views_start(NULL, 0);
    views_reach();
    PUT(sku_put, SKU_PUT, "R1|Walking shoes|run|Size 42", .department = 1, .brand = 1, .seller = 1, .for_sale = 0);
    PUT(sku_put, SKU_PUT, "R2|Walking shoes|run|Size 43", .department = 1, .brand = 1, .seller = 1, .for_sale = 1);
    PUT(brand_put, BRAND_PUT, "acme|Apex", .country = 1);
    PUT(department_put, DEPARTMENT_PUT, "books|Bücher");
    PUT(sku_put, SKU_PUT, "N1|Moved|hong", .department = 1, .seller = 1, .for_sale = 1);
    views_reach();
    expect_found("running", "4");
    expect_found("walk", "2");              /* the first for sale */
    expect_found("acme", "");
    expect_found("apex", "2");
    expect_found("ecole", "");
    expect_found("bucher", "5 4");
    expect_found("moved", "3");             /* joined the product of its new handle */
    expect_found("no handle", "8");
    expect_found("", "2 3 4 5 6 8");
    u32 skus[4];
    u64 next;
    const char *wrong;
    struct view_search search = {.text = slice_text("walk"), .for_sale = true};
    assert_int_equal(view_products(view, &search, skus, 4, &next, &wrong), 1);
    search.brand = 2;
    assert_int_equal(view_products(view, &search, skus, 4, &next, &wrong), 0);
    assert_int_equal(view_variants(view, slice_text("hong"), skus, 4), 2);
}

/* --- paging --------------------------------------------------------------------------------- */

static void expect_paged(struct view_search search, u32 expected)
{
    u32 skus[VIEW_PAGE_MAX], count = 0;
    u8 seen[1024] = {0};
    const char *wrong;
    for (search.after = 0;;) {
        u64 next;
        size_t found = view_products(view, &search, skus, 7, &next, &wrong);
        assert_null(wrong);
        assert_true(found <= 7);
        for (size_t i = 0; i < found; i++, count++) {
            const struct sku *sku = engine_sku(eleven_engine(eleven), skus[i]);
            assert_int_equal(seen[skus[i]]++, 0);
            assert_true(search.department == 0 || sku->department == search.department);
            assert_true(search.brand == 0 || sku->brand == search.brand);
            assert_true(search.seller == 0 || sku->seller == search.seller);
            assert_true(search.country == 0 || sku->origin == search.country);
            assert_true(!search.for_sale || sku->for_sale);
        }
        if (next == 0)
            break;
        assert_int_equal(found, 7);
        search.after = next;
    }
    assert_int_equal(count, expected);
}

static void test_paging(void **state)
{
    u32 shoes = 0, belle = 0, mine = 0, french = 0, sold = 0, both = 0;
    char texts[96];
    (void)state;
    furnish();
    for (u32 i = 0; i < 300; i++) {
        u64 random = mix64(i);
        u32 department = 1 + (u32)(random % 2), brand = (u32)(random >> 8) % 3, seller = 1 + (u32)(random >> 16) % 2;
        u32 on = (u32)(random >> 24) % 2;
        snprintf(texts, sizeof(texts), "S%u|thing %s 东西%u|h%u", i, random & 0x100000 ? "long long long" : "", i, i);
        PUT(sku_put, SKU_PUT, texts, .department = department, .brand = brand, .seller = seller, .for_sale = (u16)on);
        shoes += department == 1;
        belle += brand == 2;
        mine += seller == 2;
        french += brand == 2;
        sold += on;
        both += department == 1 && brand == 2 && on;
    }
    views_start(NULL, 0);
    views_reach();
    for (int i = 0; i < 3; i++) {
        struct slice text = slice_text(i == 0 ? "" : i == 1 ? "thing" : "东西");
        expect_paged((struct view_search){.text = text}, 300);
        expect_paged((struct view_search){.text = text, .department = 1}, shoes);
        expect_paged((struct view_search){.text = text, .brand = 2}, belle);
        expect_paged((struct view_search){.text = text, .seller = 2}, mine);
        expect_paged((struct view_search){.text = text, .country = 2}, french);
        expect_paged((struct view_search){.text = text, .for_sale = true}, sold);
        expect_paged((struct view_search){.text = text, .department = 1, .brand = 2, .for_sale = true}, both);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_search), TEST(test_hostile), TEST(test_changes), TEST(test_paging)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Where webhooks may go. An endpoint's owner chooses the URL, so it must not reach what only this machine or
 * its network can (server-side request forgery). Checked twice: the URL when it is given, and the address
 * itself where the socket is made, so that a name which resolves to something else by then does not help.
 */
#include "hook/internal.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct guard_range4 {
    u32 address;
    u8 bits;
    u8 reach;
};
#define IP4(a, b, c, d) ((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

/*
 * The first that fits holds; all else is public. IANA IPv4 Special-Purpose Address Registry, and two clouds'
 * metadata services.
 */
static const struct guard_range4 ranges4[] = {
    {IP4(127, 0, 0, 0), 8, HOOK_LOOPBACK},
    {IP4(100, 100, 100, 200), 32, HOOK_NEVER},  /* metadata at Alibaba Cloud */
    {IP4(192, 0, 0, 192), 32, HOOK_NEVER},      /* metadata at Oracle Cloud */
    {IP4(10, 0, 0, 0), 8, HOOK_PRIVATE},
    {IP4(172, 16, 0, 0), 12, HOOK_PRIVATE},
    {IP4(192, 168, 0, 0), 16, HOOK_PRIVATE},
    {IP4(100, 64, 0, 0), 10, HOOK_PRIVATE},     /* carrier-grade NAT */
    {IP4(0, 0, 0, 0), 8, HOOK_NEVER},
    {IP4(169, 254, 0, 0), 16, HOOK_NEVER},      /* link-local; metadata nearly everywhere */
    {IP4(192, 0, 0, 0), 24, HOOK_NEVER},        /* protocol assignments */
    {IP4(192, 0, 2, 0), 24, HOOK_NEVER},        /* documentation */
    {IP4(192, 88, 99, 0), 24, HOOK_NEVER},      /* 6to4 relays */
    {IP4(198, 18, 0, 0), 15, HOOK_NEVER},       /* benchmarking */
    {IP4(198, 51, 100, 0), 24, HOOK_NEVER},     /* documentation */
    {IP4(203, 0, 113, 0), 24, HOOK_NEVER},      /* documentation */
    {IP4(224, 0, 0, 0), 3, HOOK_NEVER},         /* multicast, reserved, broadcast */
};

static enum hook_reach guard_reach4(u32 address)
{
    for (size_t i = 0; i < ARRAY_COUNT(ranges4); i++)
        if (((address ^ ranges4[i].address) >> (32 - ranges4[i].bits)) == 0)
            return (enum hook_reach)ranges4[i].reach;
    return HOOK_PUBLIC;
}

struct guard_range6 {
    u8 prefix[16];
    u8 bits;
    u8 reach;
};

/* The first that fits holds; all else is never: only 2000::/3 is given out. */
static const struct guard_range6 ranges6[] = {
    {{[15] = 1}, 128, HOOK_LOOPBACK},
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, HOOK_NEVER}, /* metadata at AWS: fd00:ec2::254 */
    {{0xfc}, 7, HOOK_PRIVATE},                  /* unique local */
    {{0x20, 0x01, 0x00}, 23, HOOK_NEVER},       /* protocol assignments, Teredo, ORCHID, benchmarking */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, HOOK_NEVER}, /* documentation */
    {{0x20, 0x02}, 16, HOOK_NEVER},             /* 6to4: any IPv4 address behind it */
    {{0x3f, 0xff, 0x00}, 20, HOOK_NEVER},       /* documentation */
    {{0x20}, 3, HOOK_PUBLIC},
};

static bool guard_within(const u8 *address, const u8 *prefix, unsigned bits)
{
    unsigned rest = bits % 8;
    if (memcmp(address, prefix, bits / 8) != 0)
        return false;
    return rest == 0 || ((address[bits / 8] ^ prefix[bits / 8]) >> (8 - rest)) == 0;
}

static enum hook_reach guard_reach6(const u8 *address)
{
    static const u8 mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const u8 nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    enum hook_reach inner = guard_reach4(IP4(address[12], address[13], address[14], address[15]));
    if (guard_within(address, mapped, 96))
        return inner;
    if (guard_within(address, nat64, 96))
        return inner == HOOK_PUBLIC ? HOOK_PUBLIC : HOOK_NEVER;
    for (size_t i = 0; i < ARRAY_COUNT(ranges6); i++)
        if (guard_within(address, ranges6[i].prefix, ranges6[i].bits))
            return (enum hook_reach)ranges6[i].reach;
    return HOOK_NEVER;
}

enum hook_reach hook_guard_reach(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return guard_reach4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return guard_reach6(in6.sin6_addr.s6_addr);
    }
    return HOOK_NEVER;
}

static bool guard_allows(enum hook_reach reach, bool plain, bool allow_private)
{
    switch (reach) {
    case HOOK_PUBLIC:
        return !plain;
    case HOOK_LOOPBACK:
        return allow_private;
    case HOOK_PRIVATE:
        return allow_private && !plain;
    case HOOK_NEVER:
        break;
    }
    return false;
}

bool hook_guard_address(const struct sockaddr *address, bool plain, bool allow_private)
{
    return guard_allows(hook_guard_reach(address), plain, allow_private);
}

/* --- URLs ---------------------------------------------------------------------------------- */

bool hook_guard_plain(const char *url)
{
    return strncmp(url, "http:", 5) == 0;
}

/* A host as it stands in a URL: an address must be one that is allowed, a name is looked at when it is resolved. */
static bool guard_host(const char *host, bool plain, bool allow_private)
{
    char text[64];
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    size_t size = strlen(host);
    if (size == 0)
        return false;
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
        return guard_allows(guard_reach4(ntohl(in.sin_addr.s_addr)), plain, allow_private);
    if (host[0] != '[')
        return !plain || (allow_private && strcmp(host, "localhost") == 0);
    if (size < 2 || size - 2 >= sizeof(text))
        return false;
    memcpy(text, host + 1, size - 2);
    text[size - 2] = '\0';
    return inet_pton(AF_INET6, text, &in6.sin6_addr) == 1
           && guard_allows(guard_reach6(in6.sin6_addr.s6_addr), plain, allow_private);
}

/* What curl, which will use it, makes of the URL. */
static bool guard_parts(CURLU *parts, const char *text, bool plain, bool allow_private)
{
    char *host = NULL, *port = NULL;
    bool good = curl_url_set(parts, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK
                && curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK
                && curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    good = good && strcmp(port, "0") != 0 && guard_host(host, plain, allow_private);
    curl_free(host);
    curl_free(port);
    return good;
}

bool hook_guard_url(struct slice url, bool allow_private)
{
    char text[HOOK_URL_MAX + 1];
    if (url.size == 0 || url.size > HOOK_URL_MAX)
        return false;
    for (size_t i = 0; i < url.size; i++) /* no blanks, control characters, IDN that is not ASCII yet, fragment */
        if (url.bytes[i] <= ' ' || url.bytes[i] >= 0x7f || url.bytes[i] == '\\' || url.bytes[i] == '#')
            return false;
    memcpy(text, url.bytes, url.size);
    text[url.size] = '\0';
    bool plain = hook_guard_plain(text);
    if (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0)
        return false;
    const char *authority = strstr(text, "//") + 2;
    size_t size = strcspn(authority, "/?");
    if (size == 0 || memchr(authority, '@', size) != NULL || memchr(authority, '%', size) != NULL)
        return false;
    CURLU *parts = curl_url();
    bool good = parts != NULL && guard_parts(parts, text, plain, allow_private);
    curl_url_cleanup(parts);
    return good;
}

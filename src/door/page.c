#include "door/page.h"

static const char style[] =
    ":root{color-scheme:light dark;--back:#fbfaf8;--card:#fff;--text:#1d1c1a;--soft:#6b6760;--line:#e4e0d8;"
    "--key:#b3261e;--code:#f3f0ea;--get:#1b6e4b;--post:#9a5b00;--put:#1f5fa8;--delete:#a3262a}"
    "@media(prefers-color-scheme:dark){:root{--back:#171615;--card:#201f1d;--text:#ece9e3;--soft:#a39e95;"
    "--line:#37342f;--key:#ff8a7a;--code:#2a2825;--get:#6fce9f;--post:#f0b358;--put:#82b6f5;--delete:#ff8a8a}}"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--back);color:var(--text);font:16px/1.55 system-ui,sans-serif}"
    "main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 4rem}"
    "h1{font-size:1.9rem;line-height:1.2;margin:.5rem 0 .75rem}"
    "h2{font-size:1.3rem;margin:2.5rem 0 .75rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}"
    "h3{font-size:.85rem;margin:1rem 0 .25rem;color:var(--soft);text-transform:uppercase;letter-spacing:.04em}"
    "a{color:var(--put)}p{margin:.5rem 0}.soft{color:var(--soft)}"
    "code{font:.875em/1.4 ui-monospace,monospace;background:var(--code);padding:.1em .3em;border-radius:.25rem;"
    "overflow-wrap:anywhere}"
    "nav{display:flex;flex-wrap:wrap;gap:.35rem .9rem;margin:1rem 0}"
    "details{background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0}"
    "summary{cursor:pointer;padding:.6rem .8rem;display:flex;flex-wrap:wrap;gap:.15rem .6rem;align-items:baseline}"
    "summary code{background:none;padding:0;font-size:.95em}summary .soft{flex-basis:100%;font-size:.92em}"
    "details[open]>summary{border-bottom:1px solid var(--line)}.in{padding:.4rem .8rem 1rem;scroll-margin-top:4rem}"
    ".m{font:700 .8em ui-monospace,monospace;min-width:3.6em}"
    ".get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}.patch{color:var(--post)}"
    ".delete{color:var(--delete)}"
    "dl{margin:.25rem 0}dl>div{padding:.35rem 0;border-top:1px solid var(--line);display:grid;"
    "grid-template-columns:minmax(9rem,16rem) 1fr;gap:.1rem 1rem}dl>div:first-child{border-top:0}"
    "dt{min-width:0}dd{margin:0;min-width:0;overflow-wrap:anywhere}.must{color:var(--key)}"
    "@media(max-width:40rem){dl>div{grid-template-columns:1fr}h1{font-size:1.6rem}}";

void page_slice(struct buffer *out, struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        switch (text.bytes[i]) {
        case '&': buffer_text(out, "&amp;"); break;
        case '<': buffer_text(out, "&lt;"); break;
        case '>': buffer_text(out, "&gt;"); break;
        case '"': buffer_text(out, "&quot;"); break;
        case '\'': buffer_text(out, "&#39;"); break;
        default: buffer_byte(out, text.bytes[i]);
        }
}

void page_text(struct buffer *out, const char *text)
{
    page_slice(out, slice_text(text));
}

void page_begin(struct buffer *out, const char *title)
{
    buffer_text(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    page_text(out, title);
    buffer_text(out, "</title><style>");
    buffer_add(out, style, sizeof(style) - 1);
    buffer_text(out, "</style></head><body><main>\n");
}

void page_end(struct buffer *out)
{
    buffer_text(out, "</main></body></html>\n");
}
